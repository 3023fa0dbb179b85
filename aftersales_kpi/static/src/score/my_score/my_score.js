import {MyDay} from "@aftersales_service/desks/myday/myday";
import {patch} from "@web/core/utils/patch";
import {useService} from "@web/core/utils/hooks";

patch(MyDay.prototype, {
    setup() {
        super.setup(...arguments);
        this.actionService = useService("action");
    },

    /** The technician's own sheets, this month on top. */
    openScore() {
        return this.actionService.doAction(
            "aftersales_kpi.aftersales_score_sheet_action_own",
        );
    },
});
