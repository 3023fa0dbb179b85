import {AutoComplete} from "@web/core/autocomplete/autocomplete";
import {browser} from "@web/core/browser/browser";
import {DateTimeInput} from "@web/core/datetime/datetime_input";
import {deserializeDateTime, serializeDateTime} from "@web/core/l10n/dates";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {getDataURLFromFile} from "@web/core/utils/urls";
import {KeepLast} from "@web/core/utils/concurrency";
import {useService} from "@web/core/utils/hooks";
import {Layout} from "@web/search/layout";
import {useSetupAction} from "@web/search/action_hook";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";
import {
    arrowTo,
    DeskMessage,
    Draft,
    useDesk,
    useFinder,
    useInterval,
} from "@aftersales_service/base/desk_kit";
import {moment} from "@aftersales_service/promise/sla_utils";
import {Component, onWillStart, useEffect, useState} from "@odoo/owl";

const MODEL = "aftersales.call.desk";
// A call begun longer ago than this is not taken up again.
const DRAFT_MS = 4 * 3600 * 1000;

function callSeconds(startedAt) {
    return startedAt ? Math.max(0, Math.floor((Date.now() - startedAt) / 1000)) : 0;
}

/** Time of day and duration of the call; ticks without touching the form. */
export class DeskClock extends Component {
    static template = "aftersales_service.CallDesk.Clock";
    static props = {startedAt: Number};

    setup() {
        this.state = useState({now: Date.now()});
        useInterval(() => (this.state.now = Date.now()), 1000);
    }

    get time() {
        return new Date(this.state.now).toLocaleTimeString([], {
            hour: "2-digit",
            minute: "2-digit",
        });
    }

    get duration() {
        const seconds = callSeconds(this.props.startedAt);
        const pad = (number) => String(number).padStart(2, "0");
        return `${pad(Math.floor(seconds / 60))}:${pad(seconds % 60)}`;
    }
}

/**
 * Call desk (SV-01): one screen, one hand on the keyboard, the order is registered
 * before the caller has finished speaking.
 */
export class CallDesk extends Component {
    static template = "aftersales_service.CallDesk";
    static components = {AutoComplete, DateTimeInput, DeskClock, DeskMessage, Layout};
    static props = {...standardActionServiceProps};

    setup() {
        this.orm = useService("orm");
        this.desk = useDesk();
        this.display = {controlPanel: {}};
        this.draft = new Draft("aftersales_desk", "", browser.sessionStorage);
        this.state = useState({...this.emptyCall(), done: null});
        this.finder = useFinder({
            find: (words) => this.find(words),
            choose: (hit) => this.choose(hit),
            onInput: () => {
                this.startCall();
                Object.assign(this.state, {done: null, candidates: null});
            },
        });
        this.symptomSources = [
            {
                placeholder: _t("Searching…"),
                options: (request) => this.loadSymptoms(request),
                optionSlot: "symptom",
            },
        ];
        this.productSources = [{options: (request) => this.loadProducts(request)}];
        this.files = [];
        this.lastPromise = new KeepLast();

        onWillStart(async () => {
            this.defaults = await this.orm.call(MODEL, "get_defaults", []);
            Object.assign(this.state.form, this.defaults.defaults);
            this.restoreDraft();
            this.desk.focusNext = this.state.customer
                ? "#desk_symptom"
                : "#desk_search";
        });
        useSetupAction({
            beforeUnload: () => this.saveDraft(),
            beforeLeave: () => this.saveDraft(),
        });
        useEffect(
            () => {
                const chosen = this.desk.root.el?.querySelector(
                    ".o_desk_machines .active",
                );
                chosen?.scrollIntoView({block: "nearest"});
            },
            () => [this.state.assetId, this.state.customer?.id],
        );
        useEffect(
            () => {
                this.loadPromise();
            },
            () => {
                const {customer, assetId, newAsset, form} = this.state;
                const {fault_level, service_type, place, site_id} = form;
                const model = newAsset?.product?.id;
                const partner = customer?.id;
                return [
                    ...[partner, assetId, model, site_id],
                    ...[fault_level, service_type, place],
                ];
            },
        );
    }

    emptyCall() {
        return {
            key: this.makeKey(),
            candidates: null,
            activeCandidate: 0,
            startedAt: 0,
            customer: null,
            assetId: false,
            newPartner: null,
            newAsset: null,
            duplicates: null,
            promises: [],
            fileNames: [],
            form: {
                symptom: null,
                description: "",
                contact_name: "",
                phone: "",
                expected_at: false,
                site_id: false,
                ...(this.defaults ? this.defaults.defaults : {}),
            },
        };
    }

    makeKey() {
        const bytes = new Uint8Array(16);
        window.crypto.getRandomValues(bytes);
        return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    }

    startCall() {
        this.state.startedAt = this.state.startedAt || Date.now();
    }

    // ---- draft ------------------------------------------------------------------

    saveDraft() {
        const {key, startedAt, customer, assetId, newPartner, newAsset, form} =
            this.state;
        const expected = form.expected_at && serializeDateTime(form.expected_at);
        this.draft.save(
            startedAt && {
                key,
                startedAt,
                customer,
                assetId,
                newPartner,
                newAsset,
                query: this.finder.state.query,
                form: {...form, expected_at: expected},
            },
        );
    }

    restoreDraft() {
        const {query, ...draft} = this.draft.load() || {};
        if (!draft.startedAt || Date.now() - draft.startedAt > DRAFT_MS) {
            return;
        }
        if (draft.form.expected_at) {
            draft.form.expected_at = deserializeDateTime(draft.form.expected_at);
        }
        Object.assign(this.state, draft);
        this.finder.state.query = query;
        if (draft.customer) {
            this.reloadCustomer(draft.customer.id);
        }
    }

    /** Whatever goes wrong, the form keeps what was typed. */
    async call(method, args, again, model = MODEL) {
        const job = () => this.orm.call(model, method, args);
        const result = await this.desk.run(job, {again});
        if (result === undefined) {
            this.saveDraft();
        }
        return result;
    }

    // ---- find -------------------------------------------------------------------

    async find(words) {
        const again = () => this.finder.search();
        const hits =
            !this.desk.state.busy && (await this.call("lookup", [words], again));
        if (hits && !hits.length) {
            this.desk.focusNext = ".o_desk_new_customer";
        }
        return hits;
    }

    async choose(hit) {
        const customer = await this.call("get_customer", [hit.partner_id], () =>
            this.choose(hit),
        );
        if (!customer) {
            return;
        }
        this.startCall();
        this.state.newPartner = null;
        this.state.newAsset = null;
        this.state.duplicates = null;
        const {form} = this.state;
        form.site_id = false;
        form.contact_name = customer.contact || "";
        form.phone = customer.phones[0] || "";
        const inUse = customer.machines.filter((machine) => machine.state === "in_use");
        const known = inUse.some((machine) => machine.id === hit.asset_id);
        this.state.assetId = known
            ? hit.asset_id
            : inUse.length === 1
              ? inUse[0].id
              : false;
        this.desk.focusNext =
            this.state.assetId || !inUse.length ? "#desk_symptom" : ".o_desk_machines";
        this.state.customer = customer;
        this.saveDraft();
    }

    /** What may be told to the caller; a failure here never disturbs the call. */
    async loadPromise() {
        const {customer, assetId, newAsset, form} = this.state;
        if (!customer) {
            this.state.promises = [];
            return;
        }
        const values = {
            partner_id: customer.id,
            asset_id: assetId,
            product_id: newAsset?.product?.id || false,
            site_id: form.site_id ? Number(form.site_id) : false,
            fault_level: form.fault_level,
            service_type: form.service_type,
            place: form.place,
        };
        try {
            this.state.promises = await this.lastPromise.add(
                this.orm.silent.call(MODEL, "get_promise", [values]),
            );
        } catch {
            this.state.promises = [];
        }
    }

    get promiseText() {
        return this.state.promises
            .map((promise) => `${promise.label} ${moment(promise.deadline)}`)
            .join(" · ");
    }

    get promisePolicies() {
        const names = this.state.promises.map((promise) => promise.policy);
        return [...new Set(names)].join(", ");
    }

    get promiseReasons() {
        return this.state.promises
            .map((promise) => `${promise.label}: ${promise.policy} – ${promise.reason}`)
            .join("\n");
    }

    async reloadCustomer(partnerId) {
        const customer = await this.call("get_customer", [partnerId]);
        if (customer && this.state.customer?.id === partnerId) {
            this.state.customer = customer;
        }
    }

    // ---- new customer, new machine ------------------------------------------------

    startNewCustomer() {
        this.startCall();
        const typed = this.finder.state.query.trim();
        const isNumber = /^[\d+()\/.\s-]{4,}$/.test(typed);
        this.state.customer = null;
        this.state.assetId = false;
        this.finder.state.hits = null;
        this.state.newPartner = {
            name: isNumber ? "" : typed,
            phone: isNumber ? typed : "",
            street: "",
            city: "",
            is_company: true,
        };
        this.desk.focusNext = "#desk_new_name";
    }

    startNewMachine() {
        this.startCall();
        this.state.assetId = false;
        this.state.newAsset = {product: null, serial: "", place: ""};
        this.desk.focusNext = "#desk_new_product";
    }

    cancelNewMachine() {
        this.state.newAsset = null;
    }

    async loadProducts(request) {
        const found = await this.orm.call(MODEL, "search_products", [request]);
        return found.map((product) => ({
            label: product.name,
            onSelect: () => {
                this.state.newAsset.product = product;
                this.desk.focus("#desk_new_serial");
            },
        }));
    }

    onProductChange({inputValue}) {
        if (!inputValue) {
            this.state.newAsset.product = null;
        }
    }

    // ---- machines -----------------------------------------------------------------

    selectMachine(machine) {
        if (machine.state !== "in_use") {
            return;
        }
        this.state.newAsset = null;
        this.state.duplicates = null;
        this.state.assetId = this.state.assetId === machine.id ? false : machine.id;
    }

    onMachinesKeydown(ev) {
        const inUse = this.state.customer.machines.filter((m) => m.state === "in_use");
        if (!inUse.length) {
            return;
        }
        const index = inUse.findIndex((machine) => machine.id === this.state.assetId);
        const next = arrowTo(ev, index, inUse.length);
        if (next !== undefined) {
            Object.assign(this.state, {newAsset: null, assetId: inUse[next].id});
        } else if (ev.key === "Enter") {
            ev.preventDefault();
            if (index < 0) {
                this.state.assetId = inUse[0].id;
            }
            this.desk.focus("#desk_symptom");
        }
    }

    get selectedMachine() {
        return this.state.customer?.machines.find((m) => m.id === this.state.assetId);
    }

    machineDetails(machine) {
        const state = machine.state === "in_use" ? "" : machine.state_name;
        return [state, machine.site, machine.place].filter(Boolean).join(" · ");
    }

    // ---- what is wrong --------------------------------------------------------------

    async loadSymptoms(request) {
        const productId =
            this.selectedMachine?.product_id || this.state.newAsset?.product?.id;
        const found = await this.orm.call(MODEL, "search_symptoms", [
            request,
            productId || false,
        ]);
        if (!found.length) {
            return [{label: _t("No such symptom: describe it in words")}];
        }
        return found.map((symptom) => ({
            label: symptom.name,
            data: symptom,
            onSelect: () => {
                this.startCall();
                this.desk.focusNext = "#desk_description";
                this.state.form.symptom = symptom;
                this.state.duplicates = null;
            },
        }));
    }

    onSymptomChange({inputValue}) {
        if (!inputValue) {
            this.state.form.symptom = null;
        }
    }

    /** What was typed but not chosen is not thrown away: it goes to the words. */
    onSymptomBlur({inputValue}) {
        const {form} = this.state;
        const typed = (inputValue || "").trim();
        if (!typed) {
            form.symptom = null;
        } else if (!form.symptom && !form.description.includes(typed)) {
            form.description = form.description
                ? `${typed}\n${form.description}`
                : typed;
        }
    }

    onExpected(value) {
        this.state.form.expected_at = value;
    }

    onLevelKeydown(ev) {
        if (this.defaults.choices.fault_level.some(([value]) => value === ev.key)) {
            ev.preventDefault();
            this.state.form.fault_level = ev.key;
            this.desk.focus(`#desk_level_${ev.key}`);
        }
    }

    async onFiles(ev) {
        const chosen = [...ev.target.files];
        ev.target.value = "";
        for (const file of chosen) {
            const url = await getDataURLFromFile(file);
            this.files.push({name: file.name, datas: url.split(",")[1] || ""});
        }
        this.state.fileNames = this.files.map((file) => file.name);
    }

    removeFile(index) {
        this.files.splice(index, 1);
        this.state.fileNames = this.files.map((file) => file.name);
    }

    // ---- register ---------------------------------------------------------------------

    get canRegister() {
        const {customer, newPartner} = this.state;
        return !this.desk.state.busy && Boolean(customer || newPartner?.name.trim());
    }

    prepareValues(options) {
        const {customer, newPartner, newAsset, assetId, form, key} = this.state;
        const values = {
            call_key: key,
            call_seconds: callSeconds(this.state.startedAt),
            symptom_id: form.symptom?.id || false,
            description: form.description,
            fault_level: form.fault_level,
            service_type: form.service_type,
            place: form.place,
            channel: form.channel,
            contact_name: form.contact_name,
            phone: form.phone,
            expected_at: form.expected_at ? serializeDateTime(form.expected_at) : false,
            ...options,
        };
        if (customer) {
            values.partner_id = customer.id;
            values.asset_id = assetId;
            values.site_id = form.site_id ? Number(form.site_id) : false;
        } else {
            values.new_partner = newPartner;
            values.phone = values.phone || newPartner.phone;
        }
        if (newAsset) {
            values.new_asset = {
                product_id: newAsset.product?.id || false,
                serial: newAsset.serial,
                place: newAsset.place,
            };
        }
        return values;
    }

    async register(options = {}, {assign = false} = {}) {
        if (!this.canRegister) {
            if (!this.desk.state.busy) {
                this.desk.focus("#desk_search");
                this.desk.say(_t("Find the customer first, or enter a new one."));
            }
            return;
        }
        const result = await this.call(
            "register",
            [this.prepareValues(options), this.files],
            () => this.register(options, {assign}),
        );
        if (!result) {
            this.desk.focusNext = ".o_desk_error";
            return;
        }
        if (result.duplicates) {
            this.pending = {options, assign};
            this.desk.focusNext = ".o_desk_duplicates button";
            this.state.duplicates = result.duplicates;
            return;
        }
        this.finish(result, assign);
    }

    registerAnyway() {
        if (!this.state.duplicates) {
            return undefined;
        }
        const {options, assign} = this.pending;
        return this.register({...options, duplicate_confirmed: true}, {assign});
    }

    async continueOrder(order) {
        if (this.desk.state.busy || !this.state.duplicates) {
            return;
        }
        const values = this.prepareValues(this.pending.options);
        const result = await this.call("continue_order", [order.id, values], () =>
            this.continueOrder(order),
        );
        if (result) {
            this.finish({...result, continued: true}, this.pending.assign);
        }
    }

    async finish(result, assign) {
        this.clear();
        this.state.done = result;
        if (assign && result.readable) {
            await this.chooseTechnician(result);
        }
    }

    // ---- assign -----------------------------------------------------------------------

    /** The ranked technicians for the order just registered; Enter takes one. */
    async chooseTechnician(result) {
        const found = await this.call(
            "get_candidates",
            [[result.id]],
            () => this.chooseTechnician(result),
            "aftersales.board",
        );
        const candidates = (found?.[result.id] || []).slice(0, 6);
        if (!candidates.length) {
            this.openOrder(result.id);
            return;
        }
        const first = candidates.findIndex((candidate) => this.canTake(candidate));
        this.state.activeCandidate = Math.max(first, 0);
        this.desk.focusNext = ".o_desk_candidates .list-group";
        this.state.candidates = candidates;
    }

    canTake(candidate) {
        return Boolean(candidate.dispatchable && this.startOf(candidate));
    }

    /** The first free time: today, else on one of the next days. */
    startOf(candidate) {
        return candidate.start || candidate.next_start;
    }

    formatStart(candidate) {
        const start = this.startOf(candidate);
        return start ? deserializeDateTime(start).toFormat("MM-dd HH:mm") : "";
    }

    onCandidatesKeydown(ev) {
        const {candidates, activeCandidate} = this.state;
        const next = arrowTo(ev, activeCandidate, candidates.length, {wrap: true});
        if (next !== undefined) {
            this.state.activeCandidate = next;
        } else if (ev.key === "Enter") {
            ev.preventDefault();
            this.assign(candidates[activeCandidate]);
        } else if (ev.key === "Escape") {
            ev.preventDefault();
            this.leaveUnassigned();
        }
    }

    async assign(candidate) {
        if (!this.canTake(candidate) || this.desk.state.busy) {
            return;
        }
        const order = this.state.done;
        const assigned = await this.call(
            "assign",
            [order.id, candidate.technician_id, this.startOf(candidate)],
            () => this.assign(candidate),
            "aftersales.board",
        );
        if (assigned) {
            order.technician = `${candidate.name}, ${this.formatStart(candidate)}`;
            this.leaveUnassigned();
        }
    }

    leaveUnassigned() {
        this.desk.focusNext = "#desk_search";
        this.state.candidates = null;
    }

    clear() {
        this.files = [];
        Object.assign(this.state, this.emptyCall(), {done: null});
        Object.assign(this.finder.state, {query: "", hits: null});
        this.draft.save(null);
        this.desk.dismiss();
        this.desk.focus("#desk_search");
    }

    openOrder(orderId) {
        return this.desk.open("aftersales.order", orderId);
    }

    openOrders() {
        return this.desk.doAction("aftersales_service.aftersales_order_action", {
            additionalContext: {
                search_default_open: 1,
                search_default_partner_id: this.state.customer.id,
            },
        });
    }

    get complaintsText() {
        const {count, open} = this.state.customer.complaints;
        const text =
            count === 1
                ? _t("1 complaint in 12 months")
                : _t("%s complaints in 12 months", count);
        return open
            ? _t("%(complaints)s, %(open)s open", {complaints: text, open})
            : text;
    }

    openComplaints() {
        return this.desk.doAction("aftersales_service.aftersales_complaint_action", {
            additionalContext: {
                search_default_open: 0,
                search_default_partner_id: this.state.customer.id,
            },
        });
    }
}

registry.category("actions").add("aftersales_service.call_desk", CallDesk);
