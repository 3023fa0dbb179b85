import {Component, useState} from "@odoo/owl";
import {deserializeDateTime} from "@web/core/l10n/dates";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {user} from "@web/core/user";
import {KeepLast} from "@web/core/utils/concurrency";
import {useService} from "@web/core/utils/hooks";
import {useRecordObserver} from "@web/model/relational_model/utils";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";
import {
    leftText,
    minutesLeft,
    moment,
    reachedText,
    spanText,
    useClock,
} from "./sla_utils";

const ICONS = {
    met: "fa-check-circle",
    missed: "fa-exclamation-circle",
    at_risk: "fa-exclamation-triangle",
    paused: "fa-pause-circle",
    running: "fa-clock-o",
    none: "fa-circle-o",
};

/** One bar that explains every minute of the promises of a document (SV-10, SV-11). */
export class SlaBar extends Component {
    static template = "aftersales_service.SlaBar";
    static props = {...standardWidgetProps};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.clock = useClock();
        this.last = new KeepLast();
        this.state = useState({bar: null, open: false});
        this.helpers = {moment, spanText};
        // Loaded again whenever the record is: after a button, a dialog, a save.
        useRecordObserver(async (record) => {
            const {data, dirty, resId} = record;
            if (!resId) {
                this.state.bar = null;
            } else if (data && !dirty) {
                await this.load(record.resModel, resId);
            }
        });
    }

    async load(model, id) {
        const call = this.orm.call(model, "get_sla_bar", [[id]], {
            context: user.context,
        });
        try {
            this.state.bar = await this.last.add(call);
        } catch (error) {
            // The form must open although its bar cannot be shown.
            this.state.bar = null;
            console.warn("The bar of the promise cannot be shown", error);
        }
    }

    get now() {
        return this.clock.now;
    }

    at(text) {
        return moment(text, this.now);
    }

    icon(state) {
        return ICONS[state];
    }

    /** What became of a milestone, in words. */
    outcome(milestone) {
        if (!milestone.deadline) {
            return "";
        }
        if (milestone.at) {
            return reachedText(milestone.minutes);
        }
        const left = minutesLeft(deserializeDateTime(milestone.deadline), this.now);
        if (milestone.state === "paused") {
            return _t("clock stopped");
        }
        return milestone.state === "none" ? _t("no longer needed") : leftText(left);
    }

    promise(milestone) {
        return milestone.deadline
            ? _t("by %s", this.at(milestone.deadline))
            : _t("nothing promised");
    }

    stateText(milestone) {
        return {
            met: _t("Kept"),
            missed: _t("Missed"),
            at_risk: _t("At risk"),
            paused: _t("Clock stopped"),
            running: _t("In time"),
            none: "",
        }[milestone.state];
    }

    pieceLabel(piece) {
        return piece.kind === "ahead" ? this.aheadLabel(piece) : piece.label;
    }

    aheadLabel(piece) {
        const labels = this.state.bar.milestones
            .filter((milestone) => piece.due.includes(milestone.key))
            .map((milestone) => milestone.label);
        return labels.length ? _t("until: %s", labels.join(", ")) : _t("ahead");
    }

    dueText(piece) {
        return this.state.bar.milestones
            .filter((milestone) => piece.due.includes(milestone.key))
            .map((milestone) => `${milestone.label} ${this.promise(milestone)}`)
            .join(", ");
    }

    pieceTitle(piece) {
        const parts = [
            `${this.at(piece.start)} – ${this.at(piece.end)}`,
            this.pieceLabel(piece),
            spanText(piece.minutes),
        ];
        if (piece.late) {
            parts.push(_t("late"));
        }
        return parts.join(" · ");
    }

    /** Long waits must not squeeze short ones away: width by the root of the time. */
    pieceStyle(piece) {
        return `flex-grow: ${Math.max(1, Math.sqrt(piece.minutes)).toFixed(2)}`;
    }

    toggle() {
        this.state.open = !this.state.open;
    }

    get promised() {
        return this.state.bar.milestones.filter((milestone) => milestone.deadline);
    }

    async dialog(name) {
        const {record} = this.props;
        if (await record.save()) {
            await this.action.doAction(`aftersales_service.${name}`, {
                additionalContext: {
                    active_model: record.resModel,
                    active_id: record.resId,
                    active_ids: [record.resId],
                },
                onClose: () => record.load(),
            });
        }
    }

    async resume() {
        const {record} = this.props;
        if (await record.save()) {
            await this.action.doActionButton({
                type: "object",
                name: "action_resume",
                resModel: record.resModel,
                resId: record.resId,
                resIds: [record.resId],
                context: user.context,
                onClose: () => record.load(),
            });
        }
    }
}

export const slaBar = {
    component: SlaBar,
    fieldDependencies: [{name: "sla_state", type: "selection"}],
};

registry.category("view_widgets").add("aftersales_sla_bar", slaBar);
