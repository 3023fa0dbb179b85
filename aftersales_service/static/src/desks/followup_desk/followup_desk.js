import {browser} from "@web/core/browser/browser";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {session} from "@web/session";
import {user} from "@web/core/user";
import {useService} from "@web/core/utils/hooks";
import {useSetupAction} from "@web/search/action_hook";
import {Layout} from "@web/search/layout";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";
import {
    Component,
    markup,
    onMounted,
    onPatched,
    onWillStart,
    onWillUnmount,
    useExternalListener,
    useRef,
    useState,
} from "@odoo/owl";
import {friendlyMessage, Outbox} from "./outbox";

const MODEL = "aftersales.followup.desk";
const REFRESH_MS = 120000;
const AHEAD = 3;
const TEXTS = ["note", "praise", "suggestion", "complaint_text", "question"];
// Fields opened by a letter; the same letters in every language, shown on the screen.
const TEXT_KEYS = {
    N: "note",
    P: "praise",
    S: "suggestion",
    K: "complaint_text",
    Q: "question",
};

function emptyForm() {
    return {marks: {}, overall: "", texts: {}, nextTry: ""};
}

/**
 * Follow-up desk (SV-80 … SV-82): one call per page. Everything has a key; the next
 * call is on the screen at once, because it was loaded before and what was written
 * down is sent behind it.
 */
export class FollowupDesk extends Component {
    static template = "aftersales_service.FollowupDesk";
    static components = {Layout};
    static props = {...standardActionServiceProps};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.root = useRef("root");
        this.display = {controlPanel: {}};
        this.storage = `aftersales_followup.${session.db}.${user.userId}`;
        this.textKeys = Object.entries(TEXT_KEYS);
        this.focusNext = null;
        this.state = useState({
            day: null,
            agentId: false,
            currentId: false,
            row: 0,
            opened: [],
            refusing: false,
            insist: false,
            error: "",
            offline: false,
            busy: false,
            query: "",
            hits: null,
            activeHit: 0,
            outbox: [],
            drafts: this.restoreDrafts(),
        });
        this.pages = {};
        this.outbox = new Outbox({
            storageKey: `${this.storage}.outbox`,
            send: (entry) =>
                this.orm.silent.call(MODEL, entry.method, [entry.id, entry.values]),
            onSent: (entry) => this.onSent(entry),
            onChange: () => this.onOutboxChange(),
        });
        useExternalListener(window, "keydown", (ev) => this.onKeydown(ev));
        useExternalListener(window, "online", () => this.outbox.flush());
        onWillStart(async () => {
            // First what an earlier session left behind: the list shall be right.
            await this.outbox.flush();
            await this.load();
        });
        onMounted(() => {
            this.onOutboxChange();
            this.focusNext = this.focusNext || ".o_fd_active";
            this.applyFocus();
            this.timer = browser.setInterval(() => this.refresh(), REFRESH_MS);
        });
        onPatched(() => this.applyFocus());
        onWillUnmount(() => {
            browser.clearInterval(this.timer);
            this.outbox.stop();
        });
        useSetupAction({
            beforeLeave: () => this.leave(),
            beforeUnload: () => this.saveDrafts(),
        });
    }

    // -- data -------------------------------------------------------------------

    async load(agentId = this.state.agentId) {
        const day = await this.orm.call(MODEL, "get_day", [agentId]);
        this.setDay(day);
    }

    setDay(day) {
        const sent = new Set(this.outbox.entries.map((entry) => entry.id));
        day.queue = day.queue.filter((row) => !sent.has(row.id));
        const {calls, ...rest} = day;
        this.state.day = rest;
        this.state.agentId = day.agent_id;
        Object.assign(this.pages, calls);
        const known = day.queue.some((row) => row.id === this.state.currentId);
        if (!known && !(this.state.currentId && this.hasDraft(this.state.currentId))) {
            this.show(this.firstRow()?.id || false);
        }
        this.preload();
    }

    /** Colleagues and supervisors change the list; what is typed stays. */
    async refresh() {
        if (this.state.busy || document.visibilityState !== "visible") {
            return;
        }
        try {
            const args = [this.state.agentId];
            const day = await this.orm.silent.call(MODEL, "get_day", args);
            if (!this.state.busy && day.agent_id === this.state.agentId) {
                this.setDay(day);
            }
            this.state.offline = false;
        } catch {
            // The next round tries again; nobody is disturbed while speaking.
        }
    }

    async preload() {
        const ids = this.upcoming().filter((id) => id && !this.pages[id]);
        if (!ids.length) {
            return;
        }
        try {
            const pages = await this.orm.silent.call(MODEL, "get_calls", [ids]);
            Object.assign(this.pages, pages);
            if (ids.includes(this.state.currentId)) {
                this.render();
            }
        } catch (error) {
            if (ids.includes(this.state.currentId)) {
                this.state.error = friendlyMessage(error) || this.offlineText;
            }
        }
    }

    upcoming() {
        const {queue} = this.state.day;
        const index = queue.findIndex((row) => row.id === this.state.currentId);
        const next = queue.slice(index + 1, index + 1 + AHEAD).map((row) => row.id);
        return [this.state.currentId, ...next];
    }

    get offlineText() {
        return _t("No connection to the server. Nothing is lost; it is tried again.");
    }

    // -- where we are -------------------------------------------------------------

    get call() {
        return this.pages[this.state.currentId];
    }

    get form() {
        return this.state.drafts[this.state.currentId];
    }

    get questions() {
        return this.state.day.questions;
    }

    get script() {
        return this.call.script ? markup(this.call.script) : "";
    }

    get done() {
        return Math.min(
            this.state.day.progress.done + this.state.outbox.length,
            this.state.day.progress.total,
        );
    }

    get percent() {
        const {total} = this.state.day.progress;
        return total ? Math.round((100 * this.done) / total) : 0;
    }

    get nextTry() {
        return this.form.nextTry || this.state.day.tries[0]?.value || "";
    }

    get nextTryLabel() {
        const found = this.state.day.tries.find(
            (choice) => choice.value === this.nextTry,
        );
        return found ? found.label : "";
    }

    get openTexts() {
        const used = TEXTS.filter((name) => this.form.texts[name]);
        const opened = new Set(["note", ...used, ...this.state.opened]);
        return this.textKeys.filter(([, name]) => opened.has(name));
    }

    get closedTexts() {
        const open = this.openTexts.map(([, name]) => name);
        return this.textKeys.filter(([, name]) => !open.includes(name));
    }

    textLabel(name) {
        return {
            note: _t("Note"),
            praise: _t("Praise"),
            suggestion: _t("Suggestion"),
            complaint_text: _t("Complaint"),
            question: _t("Question for later"),
        }[name];
    }

    textHint(name) {
        return {
            note: _t("For ourselves"),
            praise: _t("Is passed on to the technician"),
            suggestion: _t("What should be better"),
            complaint_text: _t("Opens a complaint; the supervisor calls"),
            question: _t("Cannot be answered at once: decided within two days"),
        }[name];
    }

    get bad() {
        return this.form.overall === "dissatisfied" || this.form.texts.complaint_text;
    }

    get held() {
        return this.state.outbox.findLast((entry) => entry.status === "held");
    }

    get failed() {
        return this.state.outbox.filter((entry) => entry.status === "failed");
    }

    get waiting() {
        return this.state.outbox.filter((entry) => entry.status === "waiting");
    }

    get stripClass() {
        if (this.state.error) {
            return "bg-danger-subtle text-danger-emphasis";
        }
        if (this.waiting.length) {
            return "bg-warning-subtle text-warning-emphasis";
        }
        return this.held ? "bg-success-subtle text-success-emphasis" : "";
    }

    firstRow() {
        const {queue} = this.state.day;
        return queue.find((row) => !row.later) || queue[0];
    }

    show(id, focus = ".o_fd_active") {
        this.state.currentId = id;
        this.state.row = 0;
        this.state.opened = [];
        this.state.refusing = false;
        this.state.insist = false;
        this.state.error = "";
        this.state.hits = null;
        this.focusNext = focus;
        if (id) {
            this.state.drafts[id] = this.state.drafts[id] || emptyForm();
            const next = this.questions.findIndex(
                (question) => !this.form.marks[question.name],
            );
            this.state.row = next < 0 ? this.questions.length : next;
        }
        if (this.state.day) {
            this.preload();
        }
    }

    move(step) {
        const {queue} = this.state.day;
        const index = queue.findIndex((row) => row.id === this.state.currentId);
        const row = queue[index + step];
        if (row) {
            this.show(row.id);
        }
    }

    applyFocus() {
        if (this.focusNext) {
            const el = this.root.el?.querySelector(this.focusNext);
            if (el) {
                el.focus();
                el.scrollIntoView({block: "nearest"});
            }
            this.focusNext = null;
        }
        this.root.el
            ?.querySelector(".o_fd_queue .active")
            ?.scrollIntoView({block: "nearest"});
    }

    // -- drafts ---------------------------------------------------------------------

    restoreDrafts() {
        try {
            return (
                JSON.parse(browser.localStorage.getItem(`${this.storage}.drafts`)) || {}
            );
        } catch {
            return {};
        }
    }

    saveDrafts() {
        const drafts = {};
        for (const [id, form] of Object.entries(this.state.drafts)) {
            if (this.isFilled(form)) {
                drafts[id] = form;
            }
        }
        browser.localStorage.setItem(`${this.storage}.drafts`, JSON.stringify(drafts));
    }

    isFilled(form) {
        return Boolean(
            form.overall ||
                Object.keys(form.marks).length ||
                Object.values(form.texts).some((text) => text.trim()),
        );
    }

    hasDraft(id) {
        const form = this.state.drafts[id];
        return Boolean(form && this.isFilled(form));
    }

    async leave() {
        this.saveDrafts();
        // Do not keep somebody waiting who wants to leave without a connection.
        const patience = new Promise((resolve) => browser.setTimeout(resolve, 3000));
        await Promise.race([this.outbox.release(), patience]);
    }

    // -- the card ---------------------------------------------------------------------

    setMark(name, value) {
        this.form.marks[name] = value;
        const index = this.questions.findIndex((question) => question.name === name);
        this.state.row = index + 1;
        this.afterInput();
    }

    setOverall(value) {
        this.form.overall = value;
        this.state.row = this.questions.length;
        if (value === "dissatisfied") {
            this.openText("complaint_text");
        }
        this.afterInput(
            value === "dissatisfied" ? "#fd_complaint_text" : ".o_fd_active",
        );
    }

    clearMark() {
        const question = this.questions[this.state.row];
        if (question && this.form.marks[question.name]) {
            delete this.form.marks[question.name];
        } else if (this.state.row === this.questions.length && this.form.overall) {
            this.form.overall = "";
        } else if (this.state.row > 0) {
            this.state.row -= 1;
            const before = this.questions[this.state.row];
            delete this.form.marks[before.name];
        }
        this.afterInput();
    }

    goToRow(row) {
        this.state.row = Math.max(0, Math.min(row, this.questions.length));
        this.focusNext = ".o_fd_active";
    }

    afterInput(focus = ".o_fd_active") {
        this.state.error = "";
        this.state.insist = false;
        this.focusNext = focus;
        this.saveDrafts();
    }

    openText(name) {
        if (!this.state.opened.includes(name)) {
            this.state.opened.push(name);
        }
        this.focusNext = `#fd_${name}`;
    }

    onText(name, ev) {
        this.form.texts[name] = ev.target.value;
        this.saveDrafts();
    }

    // -- finish a call ------------------------------------------------------------------

    save() {
        if (!this.call) {
            return;
        }
        if (this.call.tell) {
            this.finish("told", {});
            return;
        }
        if (this.isIncomplete()) {
            return;
        }
        const texts = Object.entries(this.form.texts).filter(([, text]) => text.trim());
        this.finish("answer", {
            ...this.form.marks,
            overall: this.form.overall,
            ...Object.fromEntries(texts),
        });
    }

    /** Asks once for what is open; who does not want to give a mark need not. */
    isIncomplete() {
        if (!this.call.order) {
            // Regular contact: a conversation, not a card.
            return false;
        }
        const open = this.questions.filter((item) => !this.form.marks[item.name]);
        if (this.form.overall && (!open.length || this.state.insist)) {
            return false;
        }
        const missing = open.map((item) => item.label);
        if (!this.form.overall) {
            missing.push(_t("Overall opinion"));
        }
        this.goToRow(open.length ? this.questions.indexOf(open[0]) : 4);
        this.state.error = this.form.overall
            ? _t("Still open: %s. Enter again saves without.", missing.join(", "))
            : _t("Still open: %s", missing.join(", "));
        this.state.insist = Boolean(this.form.overall);
        return true;
    }

    notReached() {
        if (!this.call || this.call.tell) {
            return;
        }
        this.finish("not_reached", {
            tries: this.call.tries,
            next_try: this.nextTry,
            note: this.form.texts.note || "",
        });
    }

    changeNextTry(ev) {
        this.form.nextTry = ev.target.value;
        this.focusOn(".o_fd_active");
    }

    askRefuse() {
        if (this.call && !this.call.tell) {
            this.state.refusing = true;
            this.focusNext = ".o_fd_refuse_confirm";
        }
    }

    cancelRefuse() {
        this.state.refusing = false;
        this.focusNext = ".o_fd_active";
    }

    refuse() {
        this.finish("refuse", {note: this.form.texts.note || ""});
    }

    outcome(method) {
        return {
            answer: _t("written down"),
            not_reached: _t("not reached"),
            refuse: _t("wants no calls"),
            told: _t("told"),
        }[method];
    }

    finish(method, values) {
        const {day, currentId} = this.state;
        const index = day.queue.findIndex((row) => row.id === currentId);
        const {customer} = this.call;
        const detail = method === "not_reached" ? this.nextTryLabel : "";
        this.outbox.add({
            key: `${currentId}.${Date.now()}`,
            id: currentId,
            method,
            values,
            customer,
            detail,
            row: index < 0 ? null : {...day.queue[index]},
            index,
        });
        if (index >= 0) {
            day.queue.splice(index, 1);
        } else {
            day.progress.total += 1;
        }
        this.saveDrafts();
        const next = day.queue[Math.max(index, 0)] || this.firstRow();
        this.show((next && !next.later ? next : this.firstRow())?.id || false);
        if (!day.queue.length) {
            this.refresh();
        }
    }

    onSent(entry) {
        this.state.offline = false;
        this.state.day && (this.state.day.progress.done += 1);
        delete this.state.drafts[entry.id];
        delete this.pages[entry.id];
        this.saveDrafts();
    }

    onOutboxChange() {
        this.state.outbox = this.outbox.entries.map((entry) => ({...entry}));
    }

    undo() {
        const entry = this.outbox.undo();
        if (!entry) {
            this.state.error = _t("The last call is already saved.");
            return;
        }
        this.putBack(entry);
    }

    /** Back to a call whose answer the server refused, with all that was typed. */
    reopen(key) {
        this.putBack(this.outbox.remove(key), this.outbox.entries.length);
    }

    putBack(entry) {
        const {day} = this.state;
        if (entry.row && !day.queue.some((row) => row.id === entry.id)) {
            day.queue.splice(Math.max(entry.index, 0), 0, entry.row);
        } else if (!entry.row) {
            day.progress.total -= 1;
        }
        this.show(entry.id);
        this.state.error = entry.error || "";
    }

    // -- lists and search ------------------------------------------------------------------

    async changeAgent(ev) {
        await this.guarded(() => this.load(Number(ev.target.value)));
        this.state.currentId = false;
        this.show(this.firstRow()?.id || false);
    }

    onSearchInput(ev) {
        this.state.query = ev.target.value;
        this.state.hits = null;
    }

    async onSearchKeydown(ev) {
        const hits = this.state.hits || [];
        if (ev.key === "Enter" && !ev.isComposing) {
            ev.preventDefault();
            if (hits.length) {
                this.chooseHit(hits[this.state.activeHit]);
            } else {
                await this.find();
            }
        } else if (["ArrowDown", "ArrowUp"].includes(ev.key) && hits.length) {
            ev.preventDefault();
            const step = ev.key === "ArrowDown" ? 1 : hits.length - 1;
            this.state.activeHit = (this.state.activeHit + step) % hits.length;
        }
    }

    async find() {
        const query = this.state.query.trim();
        if (!query) {
            return;
        }
        const hits = await this.guarded(() => this.orm.call(MODEL, "search", [query]));
        if (hits && query === this.state.query.trim()) {
            this.state.activeHit = 0;
            this.state.hits = hits;
            if (hits.length === 1) {
                this.chooseHit(hits[0]);
            }
        }
    }

    chooseHit(hit) {
        this.state.query = "";
        this.show(hit.id);
    }

    /** Errors are shown in place; undefined is returned then. */
    async guarded(work) {
        this.state.error = "";
        this.state.busy = true;
        try {
            return await work();
        } catch (error) {
            this.state.error = friendlyMessage(error) || this.offlineText;
            return undefined;
        } finally {
            this.state.busy = false;
        }
    }

    // -- keys -------------------------------------------------------------------------------

    onKeydown(ev) {
        if (ev.altKey || ev.metaKey || !this.state.day) {
            return;
        }
        const {target} = ev;
        const outside = target !== document.body && !this.root.el?.contains(target);
        if (outside || document.querySelector(".o_dialog, .o_command_palette")) {
            return;
        }
        if (target.matches("input, textarea, select")) {
            this.onFieldKeydown(ev);
            return;
        }
        if (ev.ctrlKey || (ev.key === "Enter" && target.matches("button, a"))) {
            return;
        }
        if (this.state.refusing) {
            this.onRefuseKeydown(ev);
            return;
        }
        const handler = this.keyHandler(this.keyOf(ev));
        if (handler) {
            ev.preventDefault();
            handler();
        }
    }

    /** With an input method switched on, keys come without their letter. */
    keyOf(ev) {
        const code = ev.code || "";
        if (ev.key === "Process") {
            return code.replace(/^(Key|Digit|Numpad)/, "");
        }
        return ev.key.length === 1 ? ev.key.toUpperCase() : ev.key;
    }

    onFieldKeydown(ev) {
        if (ev.key === "Escape") {
            ev.preventDefault();
            this.state.hits = null;
            this.focusNext = ".o_fd_active";
            this.applyFocus();
        } else if (ev.key === "Enter" && ev.ctrlKey && ev.target.matches("textarea")) {
            ev.preventDefault();
            this.save();
        }
    }

    onRefuseKeydown(ev) {
        if (ev.key === "Escape") {
            ev.preventDefault();
            this.cancelRefuse();
        } else if (ev.key === "Enter") {
            ev.preventDefault();
            this.refuse();
        }
    }

    keyHandler(key) {
        const always = {
            U: () => this.undo(),
            F: () => this.focusOn("#fd_search"),
            "/": () => this.focusOn("#fd_search"),
            L: () => this.focusOn("#fd_agent"),
        };
        if (always[key] || !this.call) {
            return always[key];
        }
        const moves = {
            ArrowRight: () => this.move(1),
            ArrowLeft: () => this.move(-1),
            Enter: () => this.save(),
            O: () => this.call.order && this.openRecord("order", this.call.order.id),
        };
        if (moves[key] || this.call.tell) {
            return moves[key];
        }
        return this.cardHandler(key);
    }

    cardHandler(key) {
        const question = this.questions[this.state.row];
        if (question && ["1", "2", "3", "4"].includes(key)) {
            return () => this.setMark(question.name, key);
        }
        const opinion = this.state.day.opinions.find((choice) => choice.key === key);
        if (opinion) {
            return () => this.setOverall(opinion.value);
        }
        if (TEXT_KEYS[key]) {
            return () => this.openText(TEXT_KEYS[key]);
        }
        return {
            ArrowDown: () => this.goToRow(this.state.row + 1),
            ArrowUp: () => this.goToRow(this.state.row - 1),
            Backspace: () => this.clearMark(),
            0: () => this.notReached(),
            T: () => this.focusOn("#fd_next_try"),
            R: () => this.askRefuse(),
        }[key];
    }

    focusOn(selector) {
        this.focusNext = selector;
        this.applyFocus();
    }

    // -- elsewhere ------------------------------------------------------------------------------

    openRecord(kind, id) {
        const models = {
            order: "aftersales.order",
            complaint: "aftersales.complaint",
            asset: "aftersales.asset",
            partner: "res.partner",
        };
        this.action.doAction({
            type: "ir.actions.act_window",
            res_model: models[kind],
            res_id: id,
            views: [[false, "form"]],
        });
    }

    telephone(number) {
        return `tel:${number.replace(/[^\d+]/g, "")}`;
    }
}

registry.category("actions").add("aftersales_service.followup_desk", FollowupDesk);
