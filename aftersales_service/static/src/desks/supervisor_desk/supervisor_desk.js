import {browser} from "@web/core/browser/browser";
import {_t} from "@web/core/l10n/translation";
import {ConnectionLostError, RPCError} from "@web/core/network/rpc";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";
import {useSetupAction} from "@web/search/action_hook";
import {Layout} from "@web/search/layout";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";
import {
    Component,
    onMounted,
    onPatched,
    onWillStart,
    onWillUnmount,
    useRef,
    useState,
} from "@odoo/owl";

const MODEL = "aftersales.supervisor.desk";
const REFRESH_MS = 120000;
const FRIENDLY_ERRORS = [
    "odoo.exceptions.UserError",
    "odoo.exceptions.ValidationError",
    "odoo.exceptions.AccessError",
    "odoo.exceptions.MissingError",
    "odoo.exceptions.LockError",
];

/**
 * Supervisor's desk: the numbers of today on the left, what stands behind the chosen
 * one on the right, worked off there. Arrows, Enter and digits are enough.
 */
export class SupervisorDesk extends Component {
    static template = "aftersales_service.SupervisorDesk";
    static components = {Layout};
    static props = {...standardActionServiceProps};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.root = useRef("root");
        this.display = {controlPanel: {}};
        const saved = this.props.state || {};
        this.state = useState({
            desk: null,
            teamId: saved.teamId || false,
            key: saved.key || false,
            rows: null,
            active: 0,
            asking: null,
            text: "",
            error: "",
            done: "",
            busy: false,
        });
        this.focusNext = null;
        onWillStart(() => this.load());
        onMounted(() => {
            this.focusOn(".o_sd_tile.active");
            this.timer = browser.setInterval(() => this.refresh(), REFRESH_MS);
        });
        onPatched(() => {
            if (this.focusNext && this.focusOn(this.focusNext)) {
                this.focusNext = null;
            }
        });
        onWillUnmount(() => browser.clearInterval(this.timer));
        useSetupAction({
            getLocalState: () => ({teamId: this.state.teamId, key: this.state.key}),
        });
    }

    focusOn(selector) {
        const el = this.root.el?.querySelector(selector);
        el?.focus();
        el?.scrollIntoView({block: "nearest"});
        return el;
    }

    // -- data -------------------------------------------------------------------

    get tiles() {
        return this.state.desk.sections.flatMap((section) => section.tiles);
    }

    get current() {
        return this.tiles.find((tile) => tile.key === this.state.key);
    }

    async load() {
        this.state.desk = await this.orm.call(MODEL, "get_desk", [this.state.teamId]);
        if (!this.current) {
            const first = this.tiles.find((tile) => tile.count) || this.tiles[0];
            this.state.key = first ? first.key : false;
        }
        await this.loadRows();
    }

    async loadRows() {
        const {key} = this.state;
        if (!key) {
            return;
        }
        const {rows} = await this.orm.call(MODEL, "get_rows", [key, this.state.teamId]);
        if (key === this.state.key) {
            this.state.rows = rows;
            this.state.active = Math.max(
                0,
                Math.min(this.state.active, rows.length - 1),
            );
        }
    }

    async refresh() {
        const idle = !this.state.busy && !this.state.asking;
        if (idle && document.visibilityState === "visible") {
            await this.guarded(() => this.load());
        }
    }

    /** Errors are shown in place; what was typed stays. */
    async guarded(work) {
        this.state.error = "";
        this.state.busy = true;
        try {
            await work();
            return true;
        } catch (error) {
            if (error instanceof ConnectionLostError) {
                this.state.error = _t("No connection to the server. Try again.");
            } else if (
                error instanceof RPCError &&
                FRIENDLY_ERRORS.includes(error.exceptionName)
            ) {
                this.state.error = error.data.message;
            } else {
                throw error;
            }
            return false;
        } finally {
            this.state.busy = false;
        }
    }

    // -- numbers ------------------------------------------------------------------

    async choose(tile, focusRows = false) {
        if (tile.key !== this.state.key) {
            this.focusNext = null;
            Object.assign(this.state, {
                key: tile.key,
                rows: null,
                active: 0,
                asking: null,
                done: "",
            });
            await this.guarded(() => this.loadRows());
        }
        // Rows may still be on their way: they get the focus once they are there.
        if (focusRows && !this.focusOn(".o_sd_row.active")) {
            this.focusNext = ".o_sd_row.active";
        }
    }

    async changeTeam(ev) {
        this.state.teamId = Number(ev.target.value) || false;
        this.state.rows = null;
        await this.guarded(() => this.load());
    }

    async onTilesKeydown(ev) {
        const index = this.tiles.findIndex((tile) => tile.key === this.state.key);
        const step = {ArrowDown: 1, ArrowUp: -1}[ev.key];
        if (step && this.tiles[index + step]) {
            ev.preventDefault();
            const next = this.tiles[index + step];
            this.focusOn(`.o_sd_tile[data-key="${next.key}"]`);
            await this.choose(next);
        } else if (ev.key === "ArrowRight" || ev.key === "Enter") {
            ev.preventDefault();
            await this.choose(this.current, true);
        } else if (ev.key.toLowerCase() === "l") {
            ev.preventDefault();
            await this.openList();
        }
    }

    async openList() {
        await this.guarded(async () => {
            const args = [this.state.key, this.state.teamId];
            this.action.doAction(await this.orm.call(MODEL, "get_action", args));
        });
    }

    // -- rows ---------------------------------------------------------------------

    buttonsOf(row) {
        return this.current.buttons.filter((button) => row.do.includes(button.name));
    }

    async onRowKeydown(ev, row, index) {
        if (ev.target.matches("input, textarea")) {
            return;
        }
        const step = {ArrowDown: 1, ArrowUp: -1}[ev.key];
        const button = this.buttonsOf(row)[Number(ev.key) - 1];
        if (step) {
            ev.preventDefault();
            this.activate(index + step);
        } else if (ev.key === "ArrowLeft" || ev.key === "Escape") {
            ev.preventDefault();
            this.focusOn(".o_sd_tile.active");
        } else if (ev.key === "Enter" && !ev.target.matches("button")) {
            ev.preventDefault();
            this.openRow(row);
        } else if (button) {
            ev.preventDefault();
            await this.press(row, button);
        } else if (ev.key.toLowerCase() === "l") {
            await this.openList();
        }
    }

    activate(index) {
        if (this.state.rows?.[index]) {
            this.state.active = index;
            this.focusNext = ".o_sd_row.active";
        }
    }

    openRow(row) {
        this.action.doAction({
            type: "ir.actions.act_window",
            res_model: row.res_model,
            res_id: row.res_id,
            views: [[false, "form"]],
        });
    }

    async press(row, button) {
        this.state.active = this.state.rows.findIndex((other) => other.id === row.id);
        if (button.ask) {
            this.state.asking = {rowId: row.id, button};
            this.state.text = "";
            this.focusNext = ".o_sd_text";
        } else {
            await this.act(row, button);
        }
    }

    async onTextKeydown(ev, row) {
        if (ev.key === "Escape") {
            ev.preventDefault();
            ev.stopPropagation();
            this.cancelAsking();
        } else if (ev.key === "Enter" && !ev.isComposing) {
            ev.preventDefault();
            await this.confirm(row);
        }
    }

    /** A click into the text must not move the focus back to the row. */
    stay() {
        this.focusNext = null;
    }

    cancelAsking() {
        this.state.asking = null;
        this.focusNext = ".o_sd_row.active";
    }

    async confirm(row) {
        if (this.state.text.trim()) {
            await this.act(row, this.state.asking.button, this.state.text.trim());
        }
    }

    async act(row, button, text = false) {
        if (this.state.busy) {
            return;
        }
        const {key, teamId} = this.state;
        let action = false;
        const ok = await this.guarded(async () => {
            const args = [key, row.id, button.name, text, teamId];
            action = await this.orm.call(MODEL, "act", args);
        });
        if (!ok) {
            return;
        }
        this.state.asking = null;
        if (action) {
            // A dialog is over: the row may be done.
            this.action.doAction(action, {onClose: () => this.refresh()});
            return;
        }
        this.state.done = `${button.label}: ${row.title}`;
        await this.guarded(() => this.load());
        this.focusNext = this.state.rows?.length
            ? ".o_sd_row.active"
            : ".o_sd_tile.active";
        this.focusOn(this.focusNext);
    }
}

registry.category("actions").add("aftersales_service.supervisor_desk", SupervisorDesk);
