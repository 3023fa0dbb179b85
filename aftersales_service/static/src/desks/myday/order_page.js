import {Component, onWillStart, useExternalListener, useState} from "@odoo/owl";
import {browser} from "@web/core/browser/browser";
import {_t} from "@web/core/l10n/translation";
import {Mutex} from "@web/core/utils/concurrency";
import {IndexedDB} from "@web/core/utils/indexed_db";
import {useService} from "@web/core/utils/hooks";
import {
    DeskMessage,
    Draft,
    explain,
    isLost,
    refusalOf,
    useDesk,
    useInterval,
} from "@aftersales_service/base/desk_kit";
import {useOutbox} from "@aftersales_service/base/outbox";
import {CausePicker, keepCauses} from "./cause_picker";
import {FeesSection} from "./fees_section";
import {LeaveSheet} from "./leave_sheet";
import {keepParts, PartsSection} from "./parts_section";
import {SignPage} from "./sign_page";
import {helpers, hourMinutes, hoursBetween, preparePhoto} from "./myday_utils";

const SAVE_DELAY = 900;
const RETRY_DELAY = 10000;
// Given by the customer after the signature too, when all else is fixed.
const OPINION = ["customer_opinion", "customer_note"];
const TABS = {report: "report", parts: "parts", money: "fees", sign: "sign"};

/** One order on the phone; the big button is always the next step. */
export class OrderPage extends Component {
    static template = "aftersales_service.MyDayOrder";
    static components = {
        CausePicker,
        DeskMessage,
        FeesSection,
        LeaveSheet,
        PartsSection,
        SignPage,
    };
    static props = {orderId: Number, onBack: Function};

    setup() {
        // One request after the other: an answer never overtakes a later one, and the
        // saving of the report never stands in the way of the next step.
        const orm = useService("orm").silent;
        const mutex = new Mutex();
        this.orm = {call: (...args) => mutex.exec(() => orm.call(...args))};
        this.desk = useDesk();
        this.helpers = helpers;
        this.state = useState({
            order: null,
            tab: "job",
            sheet: "",
            draft: {},
            saving: false,
            unsaved: "",
            showMissing: false,
            photos: [],
            // Why an old part stays there: outlives the change to another tab.
            left: {line: false, note: ""},
            now: luxon.DateTime.now(),
        });
        this.dirty = new Set();
        this.draft = new Draft("aftersales_myday", this.props.orderId);
        this.photos = useOutbox({
            store: this.photoStore,
            send: ({name, url}) =>
                this.orm.call("aftersales.myday", "add_photo", [
                    this.props.orderId,
                    name,
                    url.slice(url.indexOf(",") + 1),
                ]),
            onSent: (_photo, photos) => (this.order.photos = photos),
            onChange: () => this.onPhotosChange(),
        });
        useInterval(() => this.tick(), RETRY_DELAY);
        useExternalListener(window, "online", () => this.onOnline());
        onWillStart(() => this.open());
    }

    // -- data ---------------------------------------------------------------------

    get order() {
        return this.state.order;
    }

    get tabs() {
        const missing = this.order.missing.map((item) => TABS[item.section] || "parts");
        return [
            ["job", _t("Job")],
            ["report", _t("Report")],
            ["parts", _t("Parts")],
            ["fees", _t("Fees")],
        ].map(([key, label]) => ({key, label, missing: missing.includes(key)}));
    }

    get onSite() {
        const visit = this.order.visit;
        if (!visit || !visit.arrived_at) {
            return "";
        }
        const hours = hoursBetween(visit.arrived_at, visit.left_at, this.state.now);
        return hourMinutes(hours);
    }

    get canLeaveUnsolved() {
        return (
            this.order.working &&
            this.order.visit &&
            this.order.visit.state === "arrived"
        );
    }

    /** First reading; every way to it takes up what is kept on the phone. */
    open() {
        return this.desk.once(async () => {
            await this.load();
            this.restoreDraft();
            this.photos.start();
            this.keepLists();
        }, "load");
    }

    /** Causes and parts at hand, for the cellar without a signal. */
    async keepLists() {
        const {id, editable} = this.order;
        if (!editable) {
            return;
        }
        try {
            await keepCauses(this.orm, id);
            await keepParts(this.orm, id);
        } catch (error) {
            // Nobody has asked for them yet.
            if (!isLost(error) && !refusalOf(error)) {
                throw error;
            }
        }
    }

    onOnline() {
        if (!this.order) {
            return this.open();
        }
        this.flush();
    }

    async load() {
        this.receive(
            await this.orm.call("aftersales.myday", "get_order", [this.props.orderId]),
        );
    }

    /** New state of the order; what is typed and not yet saved stays. */
    receive(order) {
        if (
            this.order?.visit?.state === "departed" &&
            order.visit.state === "arrived"
        ) {
            this.setTab("report");
        }
        this.state.order = order;
        for (const [name, value] of Object.entries(order.report)) {
            if (!this.dirty.has(name)) {
                this.state.draft[name] = value;
            }
        }
    }

    tick() {
        this.state.now = luxon.DateTime.now();
        if (this.state.unsaved === "lost") {
            this.flush();
        }
    }

    // -- report: saved while typing, kept on the phone until the server has it ------

    restoreDraft() {
        const {editable, working, report} = this.order;
        for (const [name, value] of Object.entries(this.draft.load() || {})) {
            const isOpen = editable || (working && OPINION.includes(name));
            if (isOpen && name in report) {
                this.state.draft[name] = value;
                this.dirty.add(name);
            }
        }
        this.flush();
    }

    setField(name, value, now = false) {
        this.state.draft[name] = value;
        this.dirty.add(name);
        this.keepDraft();
        browser.clearTimeout(this.saveTimer);
        if (now) {
            return this.flush();
        }
        this.saveTimer = browser.setTimeout(() => this.flush(), SAVE_DELAY);
    }

    dirtyValues() {
        return Object.fromEntries(
            [...this.dirty]
                .filter((name) => name !== "cause_name")
                .map((name) => [name, this.state.draft[name]]),
        );
    }

    keepDraft() {
        const names = [...this.dirty];
        this.draft.save(
            Object.fromEntries(names.map((name) => [name, this.state.draft[name]])),
        );
    }

    /** Send what is not saved yet. @returns {Promise<boolean>} all saved */
    async flush() {
        browser.clearTimeout(this.saveTimer);
        while (this.flushing) {
            await this.flushing;
        }
        if (!this.dirty.size) {
            this.state.unsaved = "";
            return true;
        }
        this.flushing = this.sendReport().finally(() => (this.flushing = null));
        const saved = await this.flushing;
        return saved && !this.dirty.size ? true : saved && this.flush();
    }

    async sendReport() {
        const values = this.dirtyValues();
        this.state.saving = true;
        try {
            const order = await this.orm.call("aftersales.myday", "save_report", [
                this.props.orderId,
                values,
            ]);
            for (const [name, value] of Object.entries(values)) {
                if (this.state.draft[name] === value) {
                    this.dirty.delete(name);
                }
            }
            this.dirty.delete("cause_name");
            this.keepDraft();
            this.receive(order);
            this.state.unsaved = "";
            return true;
        } catch (error) {
            this.state.unsaved = isLost(error) ? "lost" : explain(error);
            return false;
        } finally {
            this.state.saving = false;
        }
    }

    chooseCause(cause) {
        const before = (this.causeRemedy || "").trim();
        const remedy = (this.state.draft.remedy || "").trim();
        if (!remedy || remedy === before) {
            this.setField("remedy", cause.remedy || remedy);
        }
        if (cause.is_misuse) {
            this.setField("misuse", true);
        }
        this.causeRemedy = cause.remedy;
        this.setField("cause_name", cause.name);
        this.state.sheet = "";
        this.setField("cause_id", cause.id, true);
    }

    // -- photos -------------------------------------------------------------------

    /** Photos are too big for the drafts; a database of the browser takes them. */
    get photoStore() {
        const {key} = this.draft;
        const base = new IndexedDB("aftersales_myday", 1);
        const say = () => this.desk.say(_t("The memory of this phone is full."));
        return {
            load: () => base.read("photos", key),
            save: (photos) => base.write("photos", key, photos).catch(say),
        };
    }

    onPhotosChange() {
        const {entries} = this.photos;
        this.state.photos = entries.map((photo) => ({...photo}));
        const refused = entries.find((photo) => photo.status === "failed");
        if (refused) {
            this.desk.say(refused.error);
            this.photos.remove(refused.key);
        }
    }

    async addPhotos(ev) {
        const files = [...ev.target.files];
        ev.target.value = "";
        for (const file of files) {
            const photo = await this.desk.run(
                () => preparePhoto(file, this.order.photo_max_mb),
                {busy: false},
            );
            if (photo) {
                this.photos.add({...photo, key: `${Date.now()}-${file.name}`});
            }
        }
    }

    removePhoto(photoId) {
        return this.desk.once(async () => {
            const args = [this.props.orderId, photoId];
            const photos = await this.orm.call(
                "aftersales.myday",
                "remove_photo",
                args,
            );
            this.order.photos = photos;
        }, "photo");
    }

    // -- actions ------------------------------------------------------------------

    /** Call a method of the server, then read the order again. */
    async act(model, method, args, key = method) {
        const getFacts = () => JSON.stringify([this.order.step, this.order.lines]);
        const before = getFacts();
        return this.desk.once(async () => {
            if (this.lostAction === key) {
                // The answer was lost: perhaps the server has done it already.
                await this.load();
                this.lostAction = "";
                if (getFacts() !== before) {
                    return;
                }
            }
            try {
                await this.orm.call(model, method, args);
            } catch (error) {
                if (isLost(error)) {
                    this.lostAction = key;
                } else {
                    await this.load();
                }
                throw error;
            }
            await this.load();
        }, key);
    }

    actOrder(method, ...args) {
        return this.act("aftersales.order", method, [[this.order.id], ...args]);
    }

    actVisit(method, ...args) {
        return this.act("aftersales.visit", method, [[this.order.visit.id], ...args]);
    }

    async next() {
        if (!(await this.flush())) {
            return;
        }
        const step = this.order.step.key;
        const steps = {
            depart: () => this.actVisit("action_depart"),
            arrive: () => this.actVisit("action_arrive"),
            start: () => this.actOrder("action_start"),
            report: () => this.goToMissing(),
            approval: () => this.goToApproval(),
            quote: () => this.openQuote(),
            sign: () => this.openSign(),
            done: () => this.finish(),
            leave: () => this.actVisit("action_leave", "done"),
            none: () => this.props.onBack(),
        };
        await steps[step]();
    }

    /** Open the section that holds the first thing still missing. */
    goToMissing(item = null) {
        const missing = this.order.missing;
        const target =
            item || missing.find((one) => one.section === "report") || missing[0];
        this.state.showMissing = true;
        if (!target) {
            return;
        }
        if (target.section === "sign") {
            return this.openSign();
        }
        this.setTab(TABS[target.section] || "parts");
        browser.setTimeout(() => {
            const field = this.desk.root.el?.querySelector(
                `[data-field="${target.field}"]`,
            );
            field?.scrollIntoView({block: "center"});
            field?.focus({preventScroll: true});
        });
    }

    setTab(tab) {
        this.state.tab = tab;
        const body = this.desk.root.el?.querySelector(".o_md_body");
        if (body) {
            body.scrollTop = 0;
        }
    }

    /** Hours of the clock come onto the order before the customer reads the amounts. */
    async fillFromClock() {
        const visit = this.order.visit;
        if (this.order.editable && visit && ["arrived", "left"].includes(visit.state)) {
            return this.actVisit("action_fill_lines");
        }
        return this.desk.once(() => this.load(), "load");
    }

    async openSign() {
        if (await this.fillFromClock()) {
            this.state.sheet = "sign";
        }
    }

    async openQuote() {
        // Not from the clock: what is offered is an estimate, what is signed is the fact.
        if (await this.desk.once(() => this.load(), "load")) {
            this.state.sheet = "quote";
        }
    }

    /** Perhaps the manager has decided in the meantime. */
    async goToApproval() {
        await this.desk.once(() => this.load(), "load");
        this.setTab("fees");
    }

    async sign(name, signature) {
        if (await this.actOrder("action_sign", name, signature)) {
            this.state.sheet = "";
            this.setTab("fees");
        }
    }

    async acceptQuote(name, signature) {
        if (await this.actOrder("action_accept_quote", name, signature)) {
            this.state.sheet = "";
        }
    }

    async refuseQuote(reason) {
        if (await this.actOrder("action_refuse_quote", reason)) {
            this.state.sheet = "";
        }
    }

    async finish() {
        if (this.order.missing.length) {
            this.state.showMissing = true;
            this.state.sheet = "missing";
            return;
        }
        if (!this.order.signed_at && !(await this.fillFromClock())) {
            return;
        }
        if (await this.actOrder("action_complete")) {
            if (this.order.step.key === "leave") {
                await this.actVisit("action_leave", "done");
            }
        }
    }

    async leave(outcome, note, nextStep) {
        if (await this.actVisit("action_leave", outcome, note, nextStep)) {
            this.state.sheet = "";
            if (this.order.step.key !== "leave") {
                await this.props.onBack();
            }
        }
    }

    async back() {
        await this.flush();
        await this.props.onBack();
    }
}
