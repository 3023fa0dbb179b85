import {Component, onWillStart, useExternalListener, useRef, useState} from "@odoo/owl";
import {browser} from "@web/core/browser/browser";
import {_t} from "@web/core/l10n/translation";
import {user} from "@web/core/user";
import {Mutex} from "@web/core/utils/concurrency";
import {useService} from "@web/core/utils/hooks";
import {CausePicker} from "./cause_picker";
import {FeesSection} from "./fees_section";
import {LeaveSheet} from "./leave_sheet";
import {PartsSection} from "./parts_section";
import {SignPage} from "./sign_page";
import {
    clock,
    dayName,
    DraftStore,
    errorMessage,
    hourMinutes,
    hoursBetween,
    isBusy,
    isExplained,
    isLost,
    mapLink,
    money,
    phoneLink,
    preparePhoto,
    quantity,
    useRunner,
    useTicker,
} from "./myday_utils";

const SAVE_DELAY = 900;
const RETRY_DELAY = 10000;
const TABS = {report: "report", parts: "parts", money: "fees", sign: "sign"};

/** One order on the phone; the big button is always the next step. */
export class OrderPage extends Component {
    static template = "aftersales_service.MyDayOrder";
    static components = {CausePicker, FeesSection, LeaveSheet, PartsSection, SignPage};
    static props = {orderId: Number, onBack: Function};

    setup() {
        // One request after the other: an answer never overtakes a later one, and the
        // saving of the report never stands in the way of the next step.
        const orm = useService("orm").silent;
        const mutex = new Mutex();
        this.orm = {call: (...args) => mutex.exec(() => orm.call(...args))};
        this.root = useRef("root");
        this.runner = useRunner();
        this.helpers = {
            clock,
            dayName,
            hourMinutes,
            mapLink,
            money,
            phoneLink,
            quantity,
        };
        this.state = useState({
            order: null,
            tab: "job",
            sheet: "",
            draft: {},
            saving: false,
            unsaved: "",
            showMissing: false,
            photos: [],
            now: luxon.DateTime.now(),
        });
        this.dirty = new Set();
        this.store = new DraftStore(
            `aftersales_myday_${user.userId}_${this.props.orderId}`,
        );
        useTicker(() => this.tick(), RETRY_DELAY);
        useExternalListener(window, "online", () => this.flush());
        onWillStart(async () => {
            await this.runner.run("load", () => this.load());
            this.restoreDraft();
        });
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

    get chooseLabel() {
        return _t("Choose the cause");
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
        if (this.state.photos.some((photo) => photo.lost)) {
            this.sendPhotos();
        }
    }

    // -- report: saved while typing, kept on the phone until the server has it ------

    restoreDraft() {
        if (!this.order || !this.order.editable) {
            return;
        }
        const kept = this.store.load();
        for (const name of Object.keys(kept)) {
            if (name in this.order.report) {
                this.state.draft[name] = kept[name];
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
        this.store.save(
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
        this.flushing = this.sendReport();
        const saved = await this.flushing;
        this.flushing = null;
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
            if (!isLost(error) && !isExplained(error)) {
                throw error;
            }
            this.state.unsaved = isLost(error) ? "lost" : errorMessage(error);
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

    async addPhotos(ev) {
        const files = [...ev.target.files];
        ev.target.value = "";
        for (const file of files) {
            try {
                const photo = await preparePhoto(file, this.order.photo_max_mb);
                this.state.photos.push({...photo, key: `${Date.now()}-${file.name}`});
            } catch (error) {
                this.runner.state.message = errorMessage(error);
            }
        }
        await this.sendPhotos();
    }

    async sendPhotos() {
        if (this.sendingPhotos) {
            return;
        }
        this.sendingPhotos = true;
        try {
            while (this.state.photos.length) {
                const photo = this.state.photos[0];
                photo.lost = false;
                const photos = await this.orm.call("aftersales.myday", "add_photo", [
                    this.props.orderId,
                    photo.name,
                    photo.data,
                ]);
                this.order.photos = photos;
                this.state.photos.shift();
            }
        } catch (error) {
            if (isLost(error) || isBusy(error)) {
                this.state.photos[0].lost = true;
            } else if (isExplained(error)) {
                this.state.photos.shift();
                this.runner.state.message = errorMessage(error);
            } else {
                throw error;
            }
        } finally {
            this.sendingPhotos = false;
        }
    }

    removePhoto(photoId) {
        return this.runner.run("photo", async () => {
            const photos = await this.orm.call("aftersales.myday", "remove_photo", [
                this.props.orderId,
                photoId,
            ]);
            this.order.photos = photos;
        });
    }

    // -- actions ------------------------------------------------------------------

    /** Call the order's, its visit's or the phone's own method, then read again. */
    async act(key, calls) {
        const before = JSON.stringify([this.order.step, this.order.lines]);
        return this.runner.run(key, async () => {
            if (this.lostAction === key) {
                // The answer was lost: perhaps the server has done it already.
                await this.load();
                this.lostAction = "";
                if (JSON.stringify([this.order.step, this.order.lines]) !== before) {
                    return;
                }
            }
            try {
                for (const [model, method, args] of calls()) {
                    await this.orm.call(model, method, args);
                }
            } catch (error) {
                if (isLost(error)) {
                    this.lostAction = key;
                } else {
                    await this.load();
                }
                throw error;
            }
            await this.load();
        });
    }

    actOrder(method, ...args) {
        return this.act(method, () => [
            ["aftersales.order", method, [[this.order.id], ...args]],
        ]);
    }

    actVisit(method, ...args) {
        return this.act(method, () => [
            ["aftersales.visit", method, [[this.order.visit.id], ...args]],
        ]);
    }

    actPhone(method, ...args) {
        return this.act(method, () => [
            ["aftersales.myday", method, [this.order.id, ...args]],
        ]);
    }

    async retry() {
        const retry = this.runner.state.retry;
        if (retry) {
            await this.runner.run(retry.key, retry.job);
        }
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
            const field = this.root.el?.querySelector(`[data-field="${target.field}"]`);
            field?.scrollIntoView({block: "center"});
            field?.focus({preventScroll: true});
        });
    }

    setTab(tab) {
        this.state.tab = tab;
        const body = this.root.el?.querySelector(".o_md_body");
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
        return this.runner.run("load", () => this.load());
    }

    async openSign() {
        if (await this.fillFromClock()) {
            this.state.sheet = "sign";
        }
    }

    async openQuote() {
        // Not from the clock: what is offered is an estimate, what is signed is the fact.
        if (await this.runner.run("load", () => this.load())) {
            this.state.sheet = "quote";
        }
    }

    /** Perhaps the manager has decided in the meantime. */
    async goToApproval() {
        await this.runner.run("load", () => this.load());
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
