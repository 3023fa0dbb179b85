import {Component, useState} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";

/** Not solved at this visit: what happened, why, and what comes next (SV-22). */
export class LeaveSheet extends Component {
    static template = "aftersales_service.MyDayLeaveSheet";
    static props = {
        busy: String,
        message: String,
        lost: Boolean,
        onLeave: Function,
        onClose: Function,
    };

    setup() {
        this.state = useState({choice: "", note: ""});
        this.choices = [
            {
                key: "visit",
                label: _t("Another visit"),
                outcome: "continue",
                next: "visit",
            },
            {
                key: "workshop",
                label: _t("Take it to the workshop"),
                outcome: "continue",
                next: "workshop",
            },
            {
                key: "escalate",
                label: _t("Escalate to the level above"),
                outcome: "continue",
                next: "escalate",
            },
            {
                key: "absent",
                label: _t("Customer absent"),
                outcome: "absent",
                next: "visit",
            },
            {
                key: "part_missing",
                label: _t("Part missing"),
                outcome: "part_missing",
                next: "visit",
            },
            {
                key: "not_ours",
                label: _t("Not our fault"),
                outcome: "not_ours",
                next: false,
            },
        ];
    }

    get chosen() {
        return this.choices.find((choice) => choice.key === this.state.choice);
    }

    leave() {
        const {outcome, next} = this.chosen;
        return this.props.onLeave(outcome, this.state.note.trim(), next);
    }
}
