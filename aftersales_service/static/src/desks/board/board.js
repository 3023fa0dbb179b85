import {Component, markRaw, onWillStart, useState} from "@odoo/owl";
import {Dialog} from "@web/core/dialog/dialog";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {useDraggable} from "@web/core/utils/draggable";
import {useService} from "@web/core/utils/hooks";
import {setRecurringAnimationFrame} from "@web/core/utils/timing";
import {useSetupAction} from "@web/search/action_hook";
import {Layout} from "@web/search/layout";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";
import {arrowTo, DeskMessage, useDesk} from "@aftersales_service/base/desk_kit";
import {leftText, spanText} from "@aftersales_service/promise/sla_utils";
import {DayScale} from "./day_scale";

const {DateTime} = luxon;
const MODEL = "aftersales.board";
const REFRESH = 60000;
// Nobody is free: the visit is proposed for nine o'clock.
const MORNING = 9 * 60;
// Pixels from the edge of the rows where a drag scrolls them, and how fast.
const [EDGE, SPEED] = [40, 0.6];
const SEARCHED = ["name", "customer", "product", "serial", "symptom", "zone", "site"];

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

/** One waiting order. */
export class BoardCard extends Component {
    static template = "aftersales_service.Board.Card";
    static props = {card: Object, selected: Boolean, open: Boolean, board: Object};

    get age() {
        return spanText(this.props.card.age_minutes);
    }

    get left() {
        const {minutes_left: minutes, sla_state: state} = this.props.card;
        if (minutes === false) {
            return "";
        }
        return state === "paused" && minutes >= 0
            ? _t("Clock stopped")
            : leftText(minutes);
    }

    get levelTitle() {
        return {1: _t("Critical"), 2: _t("Major"), 3: _t("Minor")}[
            this.props.card.level
        ];
    }
}

/** The day of one technician; drawn once for what the server has sent. */
export class BoardTrack extends Component {
    static template = "aftersales_service.Board.Track";
    static props = {row: Object, scale: Object, now: String, board: Object};

    get spans() {
        const {row, scale} = this.props;
        const place = ([from, until]) =>
            scale.place(scale.minutes(from), scale.minutes(until));
        return {work: row.work.map(place), away: row.away.map(place)};
    }

    get blocks() {
        const {row, scale} = this.props;
        return row.blocks.map((block) => {
            const span = [scale.minutes(block.start), scale.minutes(block.end)];
            const place = scale.place(...span);
            const [top, height] = [(100 * block.lane) / row.lanes, 100 / row.lanes];
            const time = `${scale.label(block.start)}–${scale.label(block.end)}`;
            return {
                ...block,
                // A narrow block has room for the beginning only.
                time:
                    scale.share(span[1]) - scale.share(span[0]) < 12
                        ? time.slice(0, 5)
                        : time,
                style: `${place}; top: calc(${top}% + 3px); height: calc(${height}% - 6px)`,
                help: [
                    time,
                    block.title,
                    block.symptom,
                    block.site,
                    block.technicians,
                    block.conflict,
                    block.trip === "pending" ? _t("Trip waits for approval") : "",
                ]
                    .filter(Boolean)
                    .join("\n"),
            };
        });
    }

    isMovable(block) {
        const {readable, lead, state} = block;
        return Boolean(readable && lead && state === "planned");
    }
}

/** A technician: who it is or how well they suit the chosen order, and their day. */
export class BoardRow extends Component {
    static template = "aftersales_service.Board.Row";
    static components = {BoardTrack};
    static props = {
        row: Object,
        scale: Object,
        now: String,
        board: Object,
        found: {type: [Object, Boolean]},
        hover: {type: [Object, Boolean]},
        canAssign: Boolean,
        busy: Boolean,
        error: String,
    };

    get rowClass() {
        const {found} = this.props;
        if (!found) {
            return "";
        }
        const refused = found.dispatchable ? "" : " o_board_refused";
        return `o_board_candidate o_board_rank_${found.rank}${refused}`;
    }

    get assignClass() {
        const {dispatchable, start} = this.props.found;
        if (!dispatchable) {
            return "btn-outline-danger";
        }
        return start ? "btn-primary" : "btn-outline-secondary";
    }

    get score() {
        return _t("Score %s of 100", this.props.found.score);
    }
}

/**
 * Dispatch board (SV-20, SV-21): what is unassigned on the left, the day of every
 * technician on the right. All times are shown in the time zone of the company.
 */
export class DispatchBoard extends Component {
    static template = "aftersales_service.Board";
    static components = {BoardCard, BoardRow, DeskMessage, Layout};
    static props = {...standardActionServiceProps};

    setup() {
        this.orm = useService("orm");
        this.dialog = useService("dialog");
        this.display = {controlPanel: {}};
        const saved = this.props.state || {};
        this.state = useState({
            board: null,
            day: saved.day || false,
            teamId: saved.teamId || false,
            query: "",
            selectedId: false,
            candidates: null,
            order: null,
            hover: null,
            dragging: false,
            done: null,
        });
        this.drag = null;
        this.desk = useDesk({
            refresh: () => this.load(this.orm.silent),
            every: REFRESH,
            idle: () => !this.drag,
        });
        useDraggable({
            ref: this.desk.root,
            elements: ".o_board_card, .o_board_movable",
            ignore: "a",
            cursor: "grabbing",
            enable: () => this.canAssign,
            onDragStart: (params) => this.onDragStart(params),
            onDrag: (params) => this.onDrag(params),
            onDrop: () => this.onDrop(),
            onDragEnd: () => this.onDragEnd(),
        });
        onWillStart(async () => {
            await this.load();
            const wanted = this.props.action.context?.order_id;
            if (this.state.board.cards.some((card) => card.id === wanted)) {
                await this.select(wanted);
            }
        });
        useSetupAction({
            getLocalState: () => ({day: this.state.day, teamId: this.state.teamId}),
        });
    }

    // -- data ------------------------------------------------------------------

    async load(orm = this.orm) {
        const {day, teamId} = this.state;
        const board = await orm.call(MODEL, "get_board", [day, teamId]);
        if (day !== this.state.day || teamId !== this.state.teamId) {
            return;
        }
        const scale = new DayScale(board);
        // Replaced as a whole, never changed: nothing in it needs to be watched.
        this.state.board = markRaw({
            ...board,
            scale,
            now: board.day === board.today ? scale.nowStyle : "",
            cards: board.orders.map((order) => ({
                ...order,
                words: SEARCHED.map((name) => order[name])
                    .join(" ")
                    .toLowerCase(),
            })),
            rows: board.technicians.map((row) => ({...row, ...this.layLanes(row)})),
        });
        if (this.state.selectedId && !this.selected) {
            this.unselect();
        }
    }

    /** Visits that overlap stand below each other. */
    layLanes(row) {
        const ends = [];
        const blocks = row.visits.map((visit) => {
            const free = ends.findIndex((end) => end <= visit.start);
            const lane = free < 0 ? ends.length : free;
            ends[lane] = visit.end;
            return {...visit, lane};
        });
        return {blocks, lanes: Math.max(1, ends.length)};
    }

    async reload() {
        await this.load();
        if (this.state.selectedId) {
            await this.loadCandidates();
        }
    }

    show(values) {
        Object.assign(this.state, values, {done: null});
        return this.desk.run(() => this.reload(), {again: true});
    }

    changeDay(days) {
        const {today} = this.state.board;
        return this.show({day: days ? this.day.plus({days}).toISODate() : today});
    }

    get day() {
        return DateTime.fromISO(this.state.board.day);
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

    get scale() {
        return this.state.board.scale;
    }

    /** Nobody can be sent into a day that is over. */
    get canAssign() {
        return this.state.board.can_assign && !this.scale.isOver;
    }

    // -- left: cards --------------------------------------------------------------

    get sections() {
        const words = this.state.query.toLowerCase().split(/\s+/).filter(Boolean);
        const cards = this.state.board.cards.filter((card) =>
            words.every((word) => card.words.includes(word)),
        );
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

    get selected() {
        const {board, selectedId} = this.state;
        return board.cards.find((card) => card.id === selectedId);
    }

    async toggle(ev, orderId) {
        ev.currentTarget.focus();
        if (this.state.selectedId === orderId) {
            this.unselect();
        } else {
            await this.select(orderId);
        }
    }

    async select(orderId) {
        Object.assign(this.state, {selectedId: orderId, candidates: null});
        await this.desk.run(() => this.loadCandidates(), {busy: false, again: true});
    }

    async findCandidates(orderId) {
        const {board, teamId} = this.state;
        const found = await this.orm.call(MODEL, "get_candidates", [
            [orderId],
            board.day,
            teamId,
        ]);
        return found[orderId] || [];
    }

    async loadCandidates() {
        const orderId = this.state.selectedId;
        const ranked = await this.findCandidates(orderId);
        if (this.state.selectedId === orderId) {
            const entries = ranked.map((candidate, index) => [
                candidate.technician_id,
                {...candidate, rank: index + 1, from: this.defaultStart(candidate)},
            ]);
            this.state.candidates = markRaw(Object.fromEntries(entries));
            this.arrange();
        }
    }

    unselect() {
        Object.assign(this.state, {selectedId: false, candidates: null});
        this.arrange();
    }

    async onCardKeydown(ev, orderId) {
        if (ev.target !== ev.currentTarget) {
            return; // a link on the card
        }
        const cards = [...this.desk.root.el.querySelectorAll(".o_board_card")];
        const index = arrowTo(ev, cards.indexOf(ev.currentTarget), cards.length);
        if (index !== undefined) {
            cards[index].focus();
        } else if (ev.key === "Enter" || ev.key === " ") {
            ev.preventDefault();
            // The best candidate is one more Enter away.
            this.desk.focusNext = ".o_board_rank_1 .o_board_assign";
            await this.select(orderId);
        } else if (ev.key === "Escape") {
            this.unselect();
        }
    }

    onRowKeydown(ev) {
        if (ev.key === "Escape" && this.state.selectedId) {
            this.desk.focus(".o_board_card.o_selected");
            this.unselect();
        }
    }

    // -- right: rows --------------------------------------------------------------

    /** Best candidates on top while a card is chosen; nothing moves under a drag. */
    arrange() {
        if (!this.drag) {
            const {candidates} = this.state;
            this.state.order = candidates && Object.values(candidates);
        }
    }

    get rows() {
        const {board, order} = this.state;
        if (!order) {
            return board.rows;
        }
        const ranks = new Map(order.map((item) => [item.technician_id, item.rank]));
        const rank = (row) => ranks.get(row.id) || ranks.size + 1;
        return [...board.rows].sort((a, b) => rank(a) - rank(b));
    }

    rowProps(row) {
        const {at, busy, error} = this.desk.state;
        const {candidates, hover} = this.state;
        const found = candidates?.[row.id] || false;
        return {
            row,
            found,
            scale: this.scale,
            now: this.state.board.now,
            hover: hover?.rowId === row.id && hover,
            canAssign: this.canAssign,
            busy: Boolean(found && busy),
            error: at === `row-${row.id}` ? error : "",
        };
    }

    // -- assign -----------------------------------------------------------------------

    /** First free time of the candidate on the day shown; else the next quarter. */
    defaultStart(candidate) {
        const next = Math.max(MORNING, this.scale.soon);
        return candidate.start || this.scale.toText(next);
    }

    assignTo(row) {
        const {from} = this.state.candidates[row.id];
        return this.assign(this.state.selectedId, row, from);
    }

    assign(orderId, row, start) {
        return this.guard(orderId, row, async (reason) => {
            const result = await this.act(
                "assign",
                [orderId, row.id, start, false, reason],
                row,
            );
            if (result) {
                const text = _t("Assigned to %(name)s, %(time)s", {
                    name: row.name,
                    time: this.scale.label(start),
                });
                this.announce(text, result, "undo_assign", [result.visit_id]);
                this.desk.focusNext = ".o_board_card";
            }
        });
    }

    move(block, rowId, row, start) {
        const orderId = rowId === row.id ? false : block.order_id;
        return this.guard(orderId, row, async (reason) => {
            const args = [block.id, row.id, start, false, reason];
            const result = await this.act("move_visit", args, row);
            if (result) {
                const text = _t("Moved to %(name)s, %(time)s", {
                    name: row.name,
                    time: this.scale.label(start),
                });
                const back = [block.id, rowId, block.start];
                this.announce(text, result, "move_visit", back);
            }
        });
    }

    /** Said beside the cards, with the way back, until the next step. */
    announce(text, {conflict}, method, args) {
        this.state.done = {text, conflict, method, args};
    }

    undo() {
        const {method, args} = this.state.done;
        return this.act(method, args);
    }

    /** Certificates the technician lacks are known before anything is written. */
    async guard(orderId, row, proceed) {
        let missing = [];
        if (orderId) {
            const known =
                orderId === this.state.selectedId && this.state.candidates?.[row.id];
            const found = known
                ? [known]
                : await this.desk.run(() => this.findCandidates(orderId));
            const isRow = (item) => item.technician_id === row.id;
            missing = found?.find(isRow)?.missing || [];
            if (!found) {
                return;
            }
        }
        if (!missing.length) {
            await proceed(false);
            return;
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

    /** One call; the server decides, the board shows what it says. */
    act(method, args, row) {
        this.state.done = null;
        return this.desk.run(
            async () => {
                try {
                    return await this.orm.call(MODEL, method, args);
                } finally {
                    await this.reload();
                }
            },
            {at: row ? `row-${row.id}` : ""},
        );
    }

    // -- drag and drop ----------------------------------------------------------------

    onDragStart({element, x}) {
        const id = Number(element.dataset.id);
        this.state.dragging = true;
        if (element.matches(".o_board_card")) {
            const hours = this.state.board.default_hours;
            this.drag = {orderId: id, offset: 0, length: hours * 60};
            // Its place is kept, so that the other cards do not move up.
            this.drag.copy = element.cloneNode(true);
            this.drag.copy.removeAttribute("style");
            this.drag.copy.className = "o_board_copy card mb-2 p-2 opacity-25";
            element.after(this.drag.copy);
            if (this.state.selectedId !== id) {
                this.select(id);
            }
        } else {
            const rowId = Number(element.closest(".o_board_row").dataset.id);
            const row = this.state.board.rows.find((item) => item.id === rowId);
            const block = row.blocks.find((item) => item.id === id);
            const offset = x - element.getBoundingClientRect().left;
            const [from, until] = [block.start, block.end].map((text) =>
                this.scale.minutes(text),
            );
            this.drag = {block, rowId, offset, length: until - from};
        }
        this.drag.stop = setRecurringAnimationFrame((time) => this.scrollRows(time));
    }

    /** Rows out of sight come nearer when somebody drags to the edge. */
    scrollRows(time) {
        const rows = this.desk.root.el.querySelector(".o_board_right");
        const {top, bottom} = rows.getBoundingClientRect();
        const {y} = this.drag;
        const way = y < top + EDGE ? -1 : y > bottom - EDGE ? 1 : 0;
        if (this.state.hover && way) {
            rows.scrollBy(0, way * SPEED * time);
        }
    }

    onDrag({x, y}) {
        this.drag.y = y;
        const rows = this.desk.root.el.querySelectorAll(".o_board_row[data-id]");
        const row = [...rows].find((el) => {
            const {top, bottom} = el.getBoundingClientRect();
            return y >= top && y < bottom;
        });
        const box = row?.querySelector(".o_board_track").getBoundingClientRect();
        if (!box || x < box.left || x > box.right) {
            this.state.hover = null;
            return;
        }
        const {scale} = this;
        const from = scale.snap((x - this.drag.offset - box.left) / box.width);
        const rowId = Number(row.dataset.id);
        if (this.state.hover?.rowId !== rowId || this.state.hover.from !== from) {
            const start = scale.toText(from);
            this.state.hover = markRaw({
                rowId,
                from,
                start,
                label: scale.label(start),
                style: scale.place(from, from + this.drag.length),
                atEnd: scale.share(from) > 85,
            });
        }
    }

    onDrop() {
        const {hover} = this.state;
        const {orderId, block, rowId} = this.drag;
        if (hover) {
            const row = this.state.board.rows.find((item) => item.id === hover.rowId);
            if (block) {
                this.move(block, rowId, row, hover.start);
            } else {
                this.assign(orderId, row, hover.start);
            }
        }
    }

    onDragEnd() {
        this.drag.stop();
        this.drag.copy?.remove();
        this.drag = null;
        Object.assign(this.state, {dragging: false, hover: null});
        this.arrange();
    }

    openVisit(block) {
        return block.readable && this.desk.open("aftersales.visit", block.id);
    }

    onBlockKeydown(ev, block) {
        if (ev.key === "Enter" || ev.key === " ") {
            ev.preventDefault();
            this.openVisit(block);
        }
    }
}

registry.category("actions").add("aftersales_service.board", DispatchBoard);
