import "@spreadsheet/chart/odoo_menu/figure_component";
import {components, helpers} from "@odoo/o-spreadsheet";
import {SEE_RECORDS_PIVOT} from "@spreadsheet/pivot/pivot_actions";
import {patch} from "@web/core/utils/patch";

const {toCartesian} = helpers;
const REFERENCE = /\$?[A-Z]+\$?\d+/;

/**
 * Cell whose formula asks a pivot for the number, followed through plain references.
 *
 * @param {Object} getters
 * @param {Object} position
 * @returns {Object|undefined} position of the cell
 */
function findPivotCell(getters, position) {
    let at = position;
    for (let step = 0; at && step < 5; step++) {
        if (getters.getPivotIdFromPosition(at)) {
            return at;
        }
        const content = getters.getCell(at)?.content || "";
        const found = content.startsWith("=") && content.match(REFERENCE);
        at = found && {sheetId: at.sheetId, ...toCartesian(found[0])};
    }
    return undefined;
}

/** A number on our dashboards opens what it is made of (KP-12), not only a menu. */
patch(components.ScorecardChart.prototype, {
    get aftersalesPosition() {
        const getters = this.env.model.getters;
        const {keyValue} = getters.getChartDefinition(this.props.chartId);
        const [sheet, cell] = (keyValue || "").split("!");
        const sheetId = getters.getSheetIdByName(sheet);
        const menu = getters.getChartOdooMenu(this.props.chartId);
        if (!cell || !sheetId || !menu?.xmlid?.startsWith("aftersales_")) {
            return undefined;
        }
        return findPivotCell(getters, {sheetId, ...toCartesian(cell)});
    },
    async onClick() {
        const position = this.env.isDashboard() && this.aftersalesPosition;
        if (position) {
            await SEE_RECORDS_PIVOT(position, this.env, false);
        } else {
            await super.onClick(...arguments);
        }
    },
});
