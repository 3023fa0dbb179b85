import {DateTimeField, dateField} from "@web/views/fields/datetime/datetime_field";
import {registry} from "@web/core/registry";

/** A month kept as its first day: shown as 2026-11, chosen by any of its days. */
export class MonthField extends DateTimeField {
    getFormattedValue(valueIndex) {
        const value = this.values[valueIndex];
        return value ? value.toFormat("yyyy-MM") : "";
    }
}

registry.category("fields").add("aftersales_month", {
    ...dateField,
    component: MonthField,
    supportedTypes: ["date"],
});
