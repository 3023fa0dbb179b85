import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";
import {useSetupAction} from "@web/search/action_hook";
import {Layout} from "@web/search/layout";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";
import {arrowTo, DeskMessage, useDesk} from "@aftersales_service/base/desk_kit";
import {Component, onWillStart, useState} from "@odoo/owl";

const MODEL = "aftersales.supervisor.desk";
const REFRESH_MS = 120000;

/**
 * Supervisor's desk: the numbers of today on the left, what stands behind the chosen
 * one on the right, worked off there. Arrows, Enter and digits are enough.
 */
export class SupervisorDesk extends Component {
    static template = "aftersales_service.SupervisorDesk";
    static components = {DeskMessage, Layout};
    static props = {...standardActionServiceProps};

    setup() {
        this.orm = useService("orm");
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
            done: "",
        });
        this.desk = useDesk({
            refresh: () => this.load(),
            every: REFRESH_MS,
            idle: () => !this.state.asking,
        });
        this.desk.focusNext = ".o_sd_tile.active";
        onWillStart(() => this.load());
        useSetupAction({
            getLocalState: () => ({teamId: this.state.teamId, key: this.state.key}),
        });
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

    refresh() {
        return this.desk.run(() => this.load(), {again: true});
    }

    // -- numbers ------------------------------------------------------------------

    async choose(tile, focusRows = false) {
        // Rows may still be on their way: they get the focus once they are there.
        this.desk.focusNext = focusRows ? ".o_sd_row.active" : "";
        if (tile.key !== this.state.key) {
            Object.assign(this.state, {
                key: tile.key,
                rows: null,
                active: 0,
                asking: null,
                done: "",
            });
            await this.desk.run(() => this.loadRows(), {again: true});
        } else if (focusRows && this.desk.focus(".o_sd_row.active")) {
            this.desk.focusNext = "";
        }
    }

    changeTeam(ev) {
        Object.assign(this.state, {
            teamId: Number(ev.target.value) || false,
            rows: null,
        });
        return this.refresh();
    }

    async onTilesKeydown(ev) {
        const {tiles} = this;
        const index = tiles.findIndex((tile) => tile.key === this.state.key);
        const next = tiles[arrowTo(ev, index, tiles.length)];
        if (next) {
            this.desk.focus(`.o_sd_tile[data-key="${next.key}"]`);
            await this.choose(next);
        } else if (ev.key === "ArrowRight" || ev.key === "Enter") {
            ev.preventDefault();
            await this.choose(this.current, true);
        } else if (ev.key.toLowerCase() === "l") {
            ev.preventDefault();
            await this.openList();
        }
    }

    openList() {
        return this.desk.run(async () => {
            const args = [this.state.key, this.state.teamId];
            this.desk.doAction(await this.orm.call(MODEL, "get_action", args));
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
        const next = arrowTo(ev, index, this.state.rows.length);
        const button = this.buttonsOf(row)[Number(ev.key) - 1];
        if (next !== undefined) {
            this.activate(next);
        } else if (ev.key === "ArrowLeft" || ev.key === "Escape") {
            ev.preventDefault();
            this.desk.focus(".o_sd_tile.active");
        } else if (ev.key === "Enter" && !ev.target.matches("button, a")) {
            ev.preventDefault();
            this.desk.open(row.res_model, row.res_id);
        } else if (button) {
            ev.preventDefault();
            await this.press(row, button);
        } else if (ev.key.toLowerCase() === "l") {
            await this.openList();
        }
    }

    activate(index) {
        this.state.active = index;
        this.desk.focusNext = ".o_sd_row.active";
    }

    async press(row, button) {
        this.state.active = this.state.rows.findIndex((other) => other.id === row.id);
        if (button.ask) {
            Object.assign(this.state, {asking: {rowId: row.id, button}, text: ""});
            this.desk.focusNext = ".o_sd_text";
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

    cancelAsking() {
        this.state.asking = null;
        this.desk.focusNext = ".o_sd_row.active";
    }

    async confirm(row) {
        if (this.state.text.trim()) {
            await this.act(row, this.state.asking.button, this.state.text.trim());
        }
    }

    async act(row, button, text = false) {
        const args = [this.state.key, row.id, button.name, text, this.state.teamId];
        let action = false;
        const done = await this.desk.once(
            async () => {
                action = await this.orm.call(MODEL, "act", args);
            },
            `row-${row.id}`,
            () => this.act(row, button, text),
        );
        if (!done) {
            return;
        }
        this.state.asking = null;
        if (action) {
            // A dialog is over: the row may be done.
            this.desk.doAction(action, {onClose: () => this.refresh()});
            return;
        }
        this.state.done = `${button.label}: ${row.title}`;
        await this.refresh();
        this.desk.focusNext = this.state.rows?.length
            ? ".o_sd_row.active"
            : ".o_sd_tile.active";
        this.desk.focus(this.desk.focusNext);
    }
}

registry.category("actions").add("aftersales_service.supervisor_desk", SupervisorDesk);
