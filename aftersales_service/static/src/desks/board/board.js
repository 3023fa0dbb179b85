import {
    Component,
    onMounted,
    onPatched,
    onWillStart,
    onWillUnmount,
    useRef,
    useState,
} from "@odoo/owl";
import {browser} from "@web/core/browser/browser";
import {Dialog} from "@web/core/dialog/dialog";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";
import {useSetupAction} from "@web/search/action_hook";
import {Layout} from "@web/search/layout";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";

const {DateTime} = luxon;
const REFRESH = 60000;
const STEP = 15;

/** Asks a supervisor why somebody goes without the certificate. */
export class BoardReasonDialog extends Component {
    static template = "aftersales_service.Board.ReasonDialog";
    static components = {Dialog};
    static props = {
        close: Function,
        message: String,
        allowed: Boolean,
        confirm: Function,
    };

    setup() {
        this.state = useState({reason: ""});
    }

    async onConfirm() {
        if (this.state.reason.trim()) {
            this.props.close();
            await this.props.confirm(this.state.reason.trim());
        }
    }
}

/**
 * Dispatch board (SV-20, SV-21): what is unassigned on the left, the day of every
 * technician on the right. All times are shown in the time zone of the company.
 */
export class DispatchBoard extends Component {
    static template = "aftersales_service.Board";
    static components = {Layout};
    static props = {...standardActionServiceProps};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.dialog = useService("dialog");
        this.notification = useService("notification");
        this.root = useRef("root");
        this.display = {controlPanel: {}};
        const saved = this.props.state || {};
        this.state = useState({
            board: null,
            day: saved.day || false,
            teamId: saved.teamId || false,
            query: "",
            selectedId: false,
            candidates: null,
            hover: null,
            dragging: false,
            busy: false,
        });
        this.drag = null;
        this.focusNext = null;
        onPatched(() => this.applyFocus());
        onWillStart(async () => {
            await this.load();
            const wanted = this.props.action.context?.order_id;
            if (
                wanted &&
                this.state.board.orders.some((order) => order.id === wanted)
            ) {
                await this.select(wanted);
            }
        });
        onMounted(() => {
            this.timer = browser.setInterval(() => this.refresh(), REFRESH);
        });
        onWillUnmount(() => browser.clearInterval(this.timer));
        useSetupAction({
            getLocalState: () => ({day: this.state.day, teamId: this.state.teamId}),
        });
    }

    // -- data ------------------------------------------------------------------

    async load() {
        this.state.board = await this.orm.call("aftersales.board", "get_board", [
            this.state.day,
            this.state.teamId,
        ]);
        const ids = this.state.board.orders.map((order) => order.id);
        if (this.state.selectedId && !ids.includes(this.state.selectedId)) {
            this.unselect();
        }
    }

    async refresh() {
        if (!this.drag && !this.state.busy && document.visibilityState === "visible") {
            await this.orm.silent
                .call("aftersales.board", "get_board", [
                    this.state.day,
                    this.state.teamId,
                ])
                .then((board) => (this.state.board = board))
                .catch(() => {});
        }
    }

    async changeDay(days) {
        this.state.day = days
            ? this.day.plus({days}).toISODate()
            : this.state.board.today;
        await this.reload();
    }

    async onDayInput(ev) {
        this.state.day = ev.target.value || false;
        await this.reload();
    }

    async changeTeam(ev) {
        this.state.teamId = Number(ev.target.value) || false;
        await this.reload();
    }

    async reload() {
        await this.load();
        if (this.state.selectedId) {
            await this.loadCandidates();
        }
    }

    get day() {
        return DateTime.fromISO(this.state.board.day, {zone: this.state.board.tz});
    }

    get dayTitle() {
        return this.day.toLocaleString({
            weekday: "short",
            day: "numeric",
            month: "short",
        });
    }

    get isToday() {
        return this.state.board.day === this.state.board.today;
    }

    // -- left: cards --------------------------------------------------------------

    get cards() {
        const words = this.state.query.toLowerCase().split(/\s+/).filter(Boolean);
        return this.state.board.orders.filter((order) => {
            const text = [
                order.name,
                order.customer,
                order.product,
                order.serial,
                order.symptom,
                order.zone,
                order.site,
            ]
                .join(" ")
                .toLowerCase();
            return words.every((word) => text.includes(word));
        });
    }

    get sections() {
        const cards = this.cards;
        return [
            {
                key: "new",
                title: _t("Unassigned"),
                cards: cards.filter((card) => !card.again),
                empty: this.state.query
                    ? _t("No order matches.")
                    : _t(
                          "Everything is assigned. New calls appear here by themselves.",
                      ),
            },
            {
                key: "again",
                title: _t("No visit planned"),
                cards: cards.filter((card) => card.again),
                empty: "",
            },
        ].filter((section) => section.key === "new" || section.cards.length);
    }

    duration(minutes) {
        if (minutes < 60) {
            return _t("%s min", minutes);
        }
        if (minutes < 24 * 60) {
            return _t("%(hours)s h %(minutes)s min", {
                hours: Math.floor(minutes / 60),
                minutes: minutes % 60,
            });
        }
        return _t("%(days)s d %(hours)s h", {
            days: Math.floor(minutes / 1440),
            hours: Math.floor((minutes % 1440) / 60),
        });
    }

    left(card) {
        if (card.minutes_left === false) {
            return "";
        }
        if (card.sla_state === "paused" && card.minutes_left >= 0) {
            return _t("Clock stopped");
        }
        return card.minutes_left >= 0
            ? _t("%s left", this.duration(card.minutes_left))
            : _t("%s late", this.duration(-card.minutes_left));
    }

    levelTitle(level) {
        return {1: _t("Critical"), 2: _t("Major"), 3: _t("Minor")}[level];
    }

    get selected() {
        return this.state.board.orders.find(
            (card) => card.id === this.state.selectedId,
        );
    }

    async toggle(orderId) {
        if (this.state.selectedId === orderId) {
            this.unselect();
        } else {
            await this.select(orderId);
        }
    }

    async select(orderId) {
        this.state.selectedId = orderId;
        this.state.candidates = null;
        await this.loadCandidates();
    }

    async loadCandidates() {
        const orderId = this.state.selectedId;
        const found = await this.orm.call("aftersales.board", "get_candidates", [
            [orderId],
            this.state.board.day,
            this.state.teamId,
        ]);
        if (this.state.selectedId === orderId) {
            const ranked = found[orderId] || [];
            this.state.candidates = Object.fromEntries(
                ranked.map((candidate, index) => [
                    candidate.technician_id,
                    {...candidate, rank: index + 1},
                ]),
            );
        }
    }

    /** Focus what the last step asked for, as soon as it is on the screen. */
    applyFocus() {
        const element = this.focusNext && this.root.el?.querySelector(this.focusNext);
        if (element) {
            this.focusNext = null;
            element.focus();
        }
    }

    unselect() {
        this.state.selectedId = false;
        this.state.candidates = null;
    }

    async onCardKeydown(ev, orderId) {
        if (ev.target !== ev.currentTarget) {
            return; // a link on the card
        }
        if (["ArrowDown", "ArrowUp"].includes(ev.key)) {
            ev.preventDefault();
            const cards = [...this.root.el.querySelectorAll(".o_board_card")];
            const index = cards.indexOf(ev.currentTarget);
            const next = cards[index + (ev.key === "ArrowDown" ? 1 : -1)];
            next?.focus();
        } else if (ev.key === "Enter" || ev.key === " ") {
            ev.preventDefault();
            await this.select(orderId);
            // The best candidate is one more Enter away.
            this.focusNext = ".o_board_rank_1 .o_board_assign";
            this.applyFocus();
        } else if (ev.key === "Escape") {
            this.unselect();
        }
    }

    onRowKeydown(ev) {
        if (ev.key === "Escape" && this.state.selectedId) {
            const card = this.root.el.querySelector(".o_board_card.o_selected");
            this.unselect();
            card?.focus();
        }
    }

    // -- right: time line ------------------------------------------------------------

    minutes(text) {
        const instant = DateTime.fromSQL(text, {zone: "utc"}).setZone(
            this.state.board.tz,
        );
        return instant.diff(this.day.startOf("day"), "minutes").minutes;
    }

    time(text) {
        return DateTime.fromSQL(text, {zone: "utc"})
            .setZone(this.state.board.tz)
            .toFormat("HH:mm");
    }

    /** Hours shown: 8 to 20, more when somebody works or is planned outside. */
    get range() {
        let [start, end] = [8 * 60, 20 * 60];
        for (const row of this.state.board.technicians) {
            for (const [from, until] of [
                ...row.work,
                ...row.visits.map((visit) => [visit.start, visit.end]),
            ]) {
                start = Math.min(start, Math.floor(this.minutes(from) / 60) * 60);
                end = Math.max(end, Math.ceil(this.minutes(until) / 60) * 60);
            }
        }
        return [Math.max(0, start), Math.min(24 * 60, end)];
    }

    get hours() {
        const [start, end] = this.range;
        const hours = [];
        for (let minute = start; minute < end; minute += 60) {
            hours.push({
                label: String(minute / 60).padStart(2, "0"),
                left: (100 * (minute - start)) / (end - start),
            });
        }
        return hours;
    }

    place(from, until) {
        const [start, end] = this.range;
        const left = Math.max(start, this.minutes(from));
        const right = Math.min(end, this.minutes(until));
        const scale = 100 / (end - start);
        return right <= left
            ? "display: none"
            : `left: ${(left - start) * scale}%; width: ${(right - left) * scale}%`;
    }

    get nowStyle() {
        const [start, end] = this.range;
        const now = DateTime.utc().diff(
            this.day.startOf("day").toUTC(),
            "minutes",
        ).minutes;
        return now < start || now > end
            ? ""
            : `left: ${(100 * (now - start)) / (end - start)}%`;
    }

    /** Visits that overlap stand below each other. */
    lanes(row) {
        const ends = [];
        const blocks = row.visits.map((visit) => {
            let lane = ends.findIndex((end) => end <= visit.start);
            if (lane < 0) {
                lane = ends.length;
            }
            ends[lane] = visit.end;
            return {...visit, lane};
        });
        return {blocks, count: Math.max(1, ends.length)};
    }

    blockStyle(block, count) {
        return `${this.place(block.start, block.end)}; top: calc(${
            (100 * block.lane) / count
        }% + 3px); height: calc(${100 / count}% - 6px)`;
    }

    blockTitle(block) {
        return [
            `${this.time(block.start)} – ${this.time(block.end)}`,
            block.title,
            block.symptom,
            block.site,
            block.technicians,
            block.conflict,
            block.trip === "pending" ? _t("Trip waits for approval") : "",
        ]
            .filter(Boolean)
            .join("\n");
    }

    /** Best candidates on top while a card is chosen; rows keep still in a drag. */
    get rows() {
        const rows = this.state.board.technicians;
        const candidates = this.state.candidates;
        if (!candidates || this.state.dragging) {
            return rows;
        }
        const rank = (row) => candidates[row.id]?.rank || rows.length + 1;
        return [...rows].sort((a, b) => rank(a) - rank(b));
    }

    assignClass(candidate) {
        if (!candidate.dispatchable) {
            return "btn-outline-danger";
        }
        return candidate.start ? "btn-primary" : "btn-outline-secondary";
    }

    candidate(row) {
        return this.state.candidates?.[row.id];
    }

    rowClass(row) {
        const candidate = this.candidate(row);
        if (!candidate) {
            return "";
        }
        const refused = candidate.dispatchable ? "" : " o_board_refused";
        return `o_board_candidate o_board_rank_${candidate.rank}${refused}`;
    }

    // -- assign -----------------------------------------------------------------------

    /** First free time of the candidate on the day shown; else the next quarter. */
    defaultStart(candidate) {
        if (candidate.start) {
            return candidate.start;
        }
        const morning = this.day.startOf("day").set({hour: 9});
        const now = DateTime.now().setZone(this.state.board.tz);
        const soon = now.plus({minutes: STEP - (now.minute % STEP)});
        const start = this.isToday ? DateTime.max(morning, soon) : morning;
        return start.toUTC().toFormat("yyyy-MM-dd HH:mm:00");
    }

    assignTo(row) {
        const candidate = this.candidate(row);
        return this.assign(this.state.selectedId, row, this.defaultStart(candidate));
    }

    async assign(orderId, row, start) {
        const missing = await this.getMissing(orderId, row);
        await this.guard(missing, row, async (reason) => {
            const result = await this.run("assign", [
                orderId,
                row.id,
                start,
                false,
                reason,
            ]);
            if (result) {
                this.announce(
                    _t("Assigned to %(name)s, %(time)s", {
                        name: row.name,
                        time: this.time(start),
                    }),
                    result,
                    () => this.run("undo_assign", [result.visit_id]),
                );
                this.focusFirstCard();
            }
        });
    }

    async move(block, row, start) {
        const before = [block.id, block.technicianId, block.start];
        const missing =
            block.technicianId === row.id
                ? []
                : await this.getMissing(block.order_id, row);
        await this.guard(missing, row, async (reason) => {
            const result = await this.run("move_visit", [
                block.id,
                row.id,
                start,
                false,
                reason,
            ]);
            if (result) {
                this.announce(
                    _t("Moved to %(name)s, %(time)s", {
                        name: row.name,
                        time: this.time(start),
                    }),
                    result,
                    () => this.run("move_visit", before),
                );
            }
        });
    }

    /** Certificates the technician lacks, known before anything is written. */
    async getMissing(orderId, row) {
        if (orderId === this.state.selectedId && this.candidate(row)) {
            return this.candidate(row).missing;
        }
        const found = await this.orm.call("aftersales.board", "get_candidates", [
            [orderId],
            this.state.board.day,
            this.state.teamId,
        ]);
        const candidate = found[orderId].find((item) => item.technician_id === row.id);
        return candidate ? candidate.missing : [];
    }

    async guard(missing, row, proceed) {
        if (!missing.length) {
            return proceed(false);
        }
        this.dialog.add(BoardReasonDialog, {
            message: _t("%(name)s has no valid certificate: %(kinds)s.", {
                name: row.name,
                kinds: missing.join(", "),
            }),
            allowed: this.state.board.can_override,
            confirm: proceed,
        });
    }

    /** One RPC; the server decides, the board shows what it says. */
    async run(method, args) {
        this.state.busy = true;
        try {
            return await this.orm.call("aftersales.board", method, args);
        } finally {
            this.state.busy = false;
            await this.reload();
        }
    }

    announce(message, result, undo) {
        if (result.conflict) {
            this.notification.add(result.conflict, {
                title: _t("Not free at that time"),
                type: "warning",
            });
        }
        const close = this.notification.add(message, {
            type: "success",
            buttons: [
                {
                    name: _t("Undo"),
                    onClick: async () => {
                        close();
                        await undo();
                    },
                },
            ],
        });
    }

    focusFirstCard() {
        this.focusNext = ".o_board_card";
        this.applyFocus();
    }

    // -- drag and drop ----------------------------------------------------------------

    onCardDragStart(ev, card) {
        this.drag = {card, offset: 0};
        this.state.dragging = true;
        ev.dataTransfer?.setData("text/plain", card.name);
        if (this.state.selectedId !== card.id) {
            this.select(card.id);
        }
    }

    onBlockDragStart(ev, block, row) {
        const box = ev.currentTarget.getBoundingClientRect();
        const offset = ev.clientX ? ev.clientX - box.left : 0;
        this.state.dragging = true;
        this.drag = {block: {...block, technicianId: row.id}, offset};
        ev.dataTransfer?.setData("text/plain", block.title);
    }

    onDragEnd() {
        this.drag = null;
        this.state.dragging = false;
        this.state.hover = null;
    }

    dropTime(ev) {
        const box = ev.currentTarget.getBoundingClientRect();
        const [start, end] = this.range;
        const share = (ev.clientX - this.drag.offset - box.left) / box.width;
        const minutes = start + Math.min(Math.max(share, 0), 1) * (end - start);
        const snapped = Math.min(Math.round(minutes / STEP) * STEP, end - STEP);
        return this.day.startOf("day").plus({minutes: snapped});
    }

    onDragOver(ev, row) {
        if (!this.drag || !this.state.board.can_assign) {
            return;
        }
        ev.preventDefault();
        const start = this.dropTime(ev);
        const [from, until] = this.range;
        const minutes = start.diff(this.day.startOf("day"), "minutes").minutes;
        this.state.hover = {
            rowId: row.id,
            label: start.toFormat("HH:mm"),
            style: `left: ${(100 * (minutes - from)) / (until - from)}%`,
        };
    }

    onDragLeave(ev, row) {
        if (
            this.state.hover?.rowId === row.id &&
            !ev.currentTarget.contains(ev.relatedTarget)
        ) {
            this.state.hover = null;
        }
    }

    async onDrop(ev, row) {
        if (!this.drag || !this.state.board.can_assign) {
            return;
        }
        ev.preventDefault();
        const {card, block} = this.drag;
        const start = this.dropTime(ev).toUTC().toFormat("yyyy-MM-dd HH:mm:00");
        this.onDragEnd();
        if (card) {
            await this.assign(card.id, row, start);
        } else {
            await this.move(block, row, start);
        }
    }

    // -- open -------------------------------------------------------------------------

    /** The link opens; the card stays as it is. */
    onMap() {}

    openOrder(orderId) {
        return this.open("aftersales.order", orderId);
    }

    onBlockKeydown(ev, block) {
        if (ev.key === "Enter") {
            this.openVisit(block);
        }
    }

    scoreTitle(candidate) {
        return _t("Score %s of 100", candidate.score);
    }

    openVisit(block) {
        return block.readable ? this.open("aftersales.visit", block.id) : undefined;
    }

    open(model, id) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: model,
            res_id: id,
            views: [[false, "form"]],
        });
    }
}

registry.category("actions").add("aftersales_service.board", DispatchBoard);
