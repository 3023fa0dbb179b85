import {formatMonetary} from "@web/views/fields/formatters";
import {ListRenderer} from "@web/views/list/list_renderer";
import {_t} from "@web/core/l10n/translation";
import {listView} from "@web/views/list/list_view";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";
import {
    Component,
    onWillDestroy,
    onWillStart,
    onWillUpdateProps,
    useState,
} from "@odoo/owl";

// Entries named in the head line; the close lists them all.
const SHOWN = 50;

/** Head line of the accountant's desk: what is left, totals, tie-out (SV-54). */
export class FeeBar extends Component {
    static template = "aftersales_service.FeeBar";
    static props = {list: Object, records: Array};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({summary: null, ties: null, shown: false});
        this.request = 0;
        onWillStart(() => this.load(this.props));
        onWillUpdateProps((next) => {
            if (next.records !== this.props.records) {
                this.load(next);
            }
        });
        onWillDestroy(() => (this.request = -1));
    }

    /** The list does not wait for its totals, nor the totals for the ledger. */
    async load({list}) {
        const request = ++this.request;
        const summary = await this.orm.silent.call(
            "aftersales.fee.line",
            "get_summary",
            [list.domain],
        );
        if (request !== this.request) {
            return;
        }
        this.state.summary = summary;
        this.state.ties = null;
        if (!summary.totals || !summary.day_from) {
            return;
        }
        const ties = await this.orm.silent.call(
            "aftersales.fee.tie_out",
            "get_tie_out",
            [summary.company_id, summary.day_from, summary.day_to, summary.team_id],
        );
        if (request === this.request) {
            this.state.ties = ties;
        }
    }

    money(amount) {
        return formatMonetary(amount, {currencyId: this.state.summary.currency_id});
    }

    get totals() {
        const totals = this.state.summary.totals;
        return [
            [_t("Agreed"), totals.agreed],
            [_t("Invoiced"), totals.invoiced],
            [_t("Credited"), totals.credited],
            [_t("Written off"), totals.written_off],
            [_t("Taken on site"), totals.collected],
            [_t("Handed in"), totals.handed],
            [_t("Open"), totals.open],
        ].map(([label, amount]) => ({label, amount: this.money(amount)}));
    }

    get ties() {
        const labels = {
            revenue: _t("Revenue"),
            receivable: _t("Receivable"),
            technicians: _t("With technicians"),
            covered: _t("Free work"),
        };
        return Object.entries(this.state.ties).map(([name, tie]) => ({
            name,
            label: labels[name] || name,
            difference: this.money(tie.difference),
            right: !tie.difference,
            title: _t("Desk %(desk)s, ledger %(ledger)s, rounding %(rounding)s", {
                desk: this.money(tie.desk),
                ledger: this.money(tie.ledger),
                rounding: this.money(tie.rounding),
            }),
            rounding: tie.rounding ? this.money(tie.rounding) : "",
            entries: tie.entries.slice(0, SHOWN).map((entry) => ({
                ...entry,
                text: this.money(entry.difference || entry.rounding),
                rounded: !entry.difference,
            })),
            more: Math.max(tie.entries.length - SHOWN, 0) + tie.more,
        }));
    }

    get differences() {
        return this.ties.filter((tie) => tie.entries.length);
    }

    closeDay() {
        const {team_id, day_to} = this.state.summary;
        const context = {};
        if (team_id) {
            context.default_team_id = team_id;
        }
        if (day_to && day_to <= luxon.DateTime.now().toISODate()) {
            context.default_day = day_to;
        }
        this.action.doAction("aftersales_service.aftersales_fee_close_wizard_action", {
            additionalContext: context,
        });
    }

    openOrphans() {
        this.action.doAction("aftersales_service.aftersales_fee_orphan_action");
    }

    openEntry(entry) {
        this.action.doAction({
            type: "ir.actions.act_window",
            res_model: entry.model,
            res_id: entry.id,
            views: [[false, "form"]],
        });
    }
}

export class FeeListRenderer extends ListRenderer {
    static template = "aftersales_service.FeeListRenderer";
    static components = {...ListRenderer.components, FeeBar};
}

registry.category("views").add("aftersales_fee_list", {
    ...listView,
    Renderer: FeeListRenderer,
});
