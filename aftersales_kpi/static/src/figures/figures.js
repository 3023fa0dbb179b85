import {formatFloat} from "@web/views/fields/formatters";
import {registry} from "@web/core/registry";

/**
 * A number in a pivot; “–” where there is nothing to divide by (KP-06).
 *
 * @param {Number|false} value
 * @returns {String}
 */
export function formatFigure(value) {
    if (value === false || value === null) {
        return "–";
    }
    return formatFloat(value, {digits: [16, 2]});
}

registry.category("formatters").add("aftersales_figure", formatFigure);
