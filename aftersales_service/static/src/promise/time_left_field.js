import {Component} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";
import {leftText, minutesLeft, momentText, useClock} from "./sla_utils";

/** A deadline as the time left to it: "1 h 20 left", "25 min late" (SV-10). */
export class TimeLeftField extends Component {
    static template = "aftersales_service.TimeLeftField";
    static props = {...standardFieldProps};

    setup() {
        this.clock = useClock();
    }

    get due() {
        return this.props.record.data[this.props.name];
    }

    get paused() {
        return this.props.record.data.sla_state === "paused";
    }

    get minutes() {
        return minutesLeft(this.due, this.clock.now);
    }

    get text() {
        return this.paused ? _t("Clock stopped") : leftText(this.minutes);
    }

    get title() {
        return momentText(this.due, this.clock.now);
    }

    get className() {
        if (this.paused) {
            return "text-muted";
        }
        if (this.minutes < 0) {
            return "text-danger fw-bold";
        }
        const risky = this.props.record.data.sla_state === "at_risk";
        return risky ? "text-warning-emphasis fw-bold" : "";
    }
}

export const timeLeftField = {
    component: TimeLeftField,
    displayName: _t("Time left"),
    supportedTypes: ["datetime"],
    fieldDependencies: [{name: "sla_state", type: "selection"}],
    listViewWidth: [100, 130],
};

registry.category("fields").add("aftersales_time_left", timeLeftField);
