import {browser} from "@web/core/browser/browser";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";
import {useSetupAction} from "@web/search/action_hook";
import {Layout} from "@web/search/layout";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";
import {
    Draft,
    offlineText,
    refusalOf,
    useDesk,
    useFinder,
} from "@aftersales_service/base/desk_kit";
import {useOutbox} from "@aftersales_service/base/outbox";
import {
    Component,
    markup,
    onPatched,
    onWillStart,
    useExternalListener,
    useState,
} from "@odoo/owl";

const MODEL = "aftersales.followup.desk";
const REFRESH_MS = 120000;
const AHEAD = 3;
const UNDO_MS = 6000;
const RECORDS = {
    order: "aftersales.order",
    complaint: "aftersales.complaint",
    partner: "res.partner",
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
        this.display = {controlPanel: {}};
        // Opened by a letter; the same letters in every language, shown on the screen.
        this.texts = [
            ["N", "note", _t("Note"), _t("For ourselves")],
            ["P", "praise", _t("Praise"), _t("Is passed on to the technician")],
            ["S", "suggestion", _t("Suggestion"), _t("What should be better")],
            [
                "K",
                "complaint_text",
                _t("Complaint"),
                _t("Opens a complaint; the supervisor calls"),
            ],
            [
                "Q",
                "question",
                _t("Question for later"),
                _t("Cannot be answered at once: decided within two days"),
            ],
        ].map(([key, name, label, hint]) => ({key, name, label, hint}));
        this.draft = new Draft("aftersales_followup", "drafts");
        this.state = useState({
            day: null,
            agentId: false,
            currentId: false,
            row: 0,
            opened: [],
            refusing: false,
            insist: false,
            outbox: [],
            drafts: this.draft.load() || {},
        });
        this.pages = {};
        this.outbox = useOutbox({
            hold: UNDO_MS,
            store: new Draft("aftersales_followup", "outbox"),
            send: (entry) =>
                this.orm.silent.call(MODEL, entry.method, [entry.id, entry.values]),
            onSent: (entry) => this.onSent(entry),
            onChange: () => {
                this.state.outbox = this.outbox.entries.map((entry) => ({...entry}));
            },
        });
        this.desk = useDesk({
            refresh: () => this.refresh(),
            every: REFRESH_MS,
            // What is on its way would be counted here and there.
            idle: () => !this.outbox.running,
        });
        this.finder = useFinder({
            find: (words) =>
                this.desk.run(() => this.orm.call(MODEL, "search", [words])),
            choose: (hit) => this.chooseHit(hit),
        });
        useExternalListener(window, "keydown", (ev) => this.onKeydown(ev));
        onWillStart(async () => {
            // First what an earlier session left behind: the list shall be right.
            await this.outbox.start();
            await this.load();
        });
        onPatched(() =>
            this.desk.root.el
                .querySelector(".o_fd_queue .active")
                ?.scrollIntoView({block: "nearest"}),
        );
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
        const args = [this.state.agentId];
        const day = await this.orm.silent.call(MODEL, "get_day", args);
        const idle = !this.desk.state.busy && !this.outbox.running;
        if (idle && day.agent_id === this.state.agentId) {
            this.setDay(day);
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
                this.desk.say(refusalOf(error) || offlineText());
            }
        }
    }

    upcoming() {
        const {queue} = this.state.day;
        const index = queue.findIndex((row) => row.id === this.state.currentId);
        const next = queue.slice(index + 1, index + 1 + AHEAD).map((row) => row.id);
        return [this.state.currentId, ...next];
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

    isOpen(name) {
        return (
            name === "note" ||
            Boolean(this.form.texts[name]) ||
            this.state.opened.includes(name)
        );
    }

    get openTexts() {
        return this.texts.filter(({name}) => this.isOpen(name));
    }

    get closedTexts() {
        return this.texts.filter(({name}) => !this.isOpen(name));
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
        if (this.desk.state.error) {
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
        this.desk.dismiss();
        this.desk.focusNext = focus;
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

    // -- drafts ---------------------------------------------------------------------

    saveDrafts() {
        const begun = Object.entries(this.state.drafts).filter(([, form]) =>
            this.isFilled(form),
        );
        this.draft.save(Object.fromEntries(begun));
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
        this.desk.focusNext = ".o_fd_active";
    }

    afterInput(focus = ".o_fd_active") {
        this.desk.dismiss();
        this.state.insist = false;
        this.desk.focusNext = focus;
        this.saveDrafts();
    }

    openText(name) {
        if (!this.state.opened.includes(name)) {
            this.state.opened.push(name);
        }
        this.desk.focusNext = `#fd_${name}`;
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
        this.desk.say(
            this.form.overall
                ? _t("Still open: %s. Enter again saves without.", missing.join(", "))
                : _t("Still open: %s", missing.join(", ")),
        );
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
        this.desk.focus(".o_fd_active");
    }

    askRefuse() {
        if (this.call && !this.call.tell) {
            this.state.refusing = true;
            this.desk.focusNext = ".o_fd_refuse_confirm";
        }
    }

    cancelRefuse() {
        this.state.refusing = false;
        this.desk.focusNext = ".o_fd_active";
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
        if (this.state.day) {
            this.state.day.progress.done += 1;
        }
        delete this.state.drafts[entry.id];
        delete this.pages[entry.id];
        this.saveDrafts();
    }

    undo() {
        const entry = this.outbox.undo();
        if (!entry) {
            this.desk.say(_t("The last call is already saved."));
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
        this.desk.say(entry.error || "");
    }

    // -- lists and search ------------------------------------------------------------------

    async changeAgent(ev) {
        await this.desk.run(() => this.load(Number(ev.target.value)));
        this.state.currentId = false;
        this.show(this.firstRow()?.id || false);
    }

    chooseHit(hit) {
        this.finder.state.query = "";
        this.show(hit.id);
    }

    // -- keys -------------------------------------------------------------------------------

    onKeydown(ev) {
        if (ev.altKey || ev.metaKey || !this.state.day) {
            return;
        }
        const {target} = ev;
        const outside =
            target !== document.body && !this.desk.root.el?.contains(target);
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
            this.finder.state.hits = null;
            this.desk.focus(".o_fd_active");
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
            F: () => this.desk.focus("#fd_search"),
            "/": () => this.desk.focus("#fd_search"),
            L: () => this.desk.focus("#fd_agent"),
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
        const text = this.texts.find((item) => item.key === key);
        if (text) {
            return () => this.openText(text.name);
        }
        return {
            ArrowDown: () => this.goToRow(this.state.row + 1),
            ArrowUp: () => this.goToRow(this.state.row - 1),
            Backspace: () => this.clearMark(),
            0: () => this.notReached(),
            T: () => this.desk.focus("#fd_next_try"),
            R: () => this.askRefuse(),
        }[key];
    }

    // -- elsewhere ------------------------------------------------------------------------------

    openRecord(kind, id) {
        return this.desk.open(RECORDS[kind], id);
    }

    telephone(number) {
        return `tel:${number.replace(/[^\d+]/g, "")}`;
    }
}

registry.category("actions").add("aftersales_service.followup_desk", FollowupDesk);
