import {Component, useState} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {DeskMessage} from "@aftersales_service/base/desk_kit";

/** Not solved at this visit: what happened, why, and what comes next (SV-22). */
export class LeaveSheet extends Component {
    static template = "aftersales_service.MyDayLeaveSheet";
    static components = {DeskMessage};
    static props = {
        desk: Object,
        onLeave: Function,
        onClose: Function,
    };

    setup() {
        this.work = useState(this.props.desk.state);
        this.state = useState({choice: "", note: ""});
        this.choices = [
            ["visit", _t("Another visit"), "continue", "visit"],
            ["workshop", _t("Take it to the workshop"), "continue", "workshop"],
            ["escalate", _t("Escalate to the level above"), "continue", "escalate"],
            ["absent", _t("Customer absent"), "absent", "visit"],
            ["part_missing", _t("Part missing"), "part_missing", "visit"],
            ["not_ours", _t("Not our fault"), "not_ours", false],
        ].map(([key, label, outcome, next]) => ({key, label, outcome, next}));
    }

    leave() {
        const {choice, note} = this.state;
        const {outcome, next} = this.choices.find(({key}) => key === choice);
        return this.props.onLeave(outcome, note.trim(), next);
    }
}
