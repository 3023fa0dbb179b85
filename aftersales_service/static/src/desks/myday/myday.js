import {Component, onWillStart, useState} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {deserializeDateTime} from "@web/core/l10n/dates";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";
import {DeskMessage, useDesk} from "@aftersales_service/base/desk_kit";
import {
    leftText,
    minutesLeft,
    moment,
    useClock,
} from "@aftersales_service/promise/sla_utils";
import {OrderPage} from "./order_page";
import {clock, dayName, helpers, money} from "./myday_utils";

const REFRESH = 120000;

/** The technician's day: what is next, where, and what to carry. */
export class MyDay extends Component {
    static template = "aftersales_service.MyDay";
    static components = {DeskMessage, OrderPage};
    static props = {...standardActionServiceProps};
    static displayName = _t("My day");
    static path = "my-day";

    setup() {
        this.orm = useService("orm");
        this.clock = useClock();
        this.state = useState({
            day: null,
            orderId: this.props.resId || false,
        });
        this.helpers = helpers;
        this.desk = useDesk({
            refresh: () => this.load(),
            every: REFRESH,
            idle: () => !this.state.orderId,
        });
        onWillStart(() => this.load());
    }

    /** "On site by 15:41 · 1 h 20 left": the promise a technician can still keep. */
    promise(card) {
        const minutes = minutesLeft(
            deserializeDateTime(card.arrive_by),
            this.clock.now,
        );
        const when = moment(card.arrive_by, this.clock.now);
        return {
            text: _t("On site by %(when)s · %(left)s", {when, left: leftText(minutes)}),
            className: minutes < 0 ? "o_md_late" : "",
        };
    }

    get groups() {
        const titles = [
            ["now", _t("Now")],
            ["overdue", _t("Overdue")],
            ["today", _t("Today")],
            ["unreported", _t("Report to finish")],
            ["loose", _t("Without a visit")],
            ["tomorrow", _t("Tomorrow")],
            ["finished", _t("Finished today")],
        ];
        return titles
            .map(([key, title]) => ({
                key,
                title,
                cards: this.state.day.cards.filter((card) => card.group === key),
            }))
            .filter((group) => group.cards.length);
    }

    get held() {
        return this.state.day.held
            .map((row) => money(row.amount, row.currency_id))
            .join(" + ");
    }

    get handovers() {
        return (this.state.day.handovers || []).map((row) => ({
            ...row,
            taken: money(row.expected, row.currency_id),
            given: money(row.counted, row.currency_id),
            off: row.difference ? money(row.difference, row.currency_id) : "",
        }));
    }

    /** The technician agrees with what the cashier has counted. */
    async confirmHandover(handover) {
        const done = await this.desk.once(
            () =>
                this.orm.call("aftersales.handover", "action_confirm", [[handover.id]]),
            `handover-${handover.id}`,
            () => this.confirmHandover(handover),
        );
        if (done !== undefined) {
            await this.load();
        }
    }

    load() {
        return this.desk.once(async () => {
            const day = await this.orm.silent.call("aftersales.myday", "get_day", []);
            this.state.day = day;
        });
    }

    openOrder(orderId) {
        this.state.orderId = orderId;
        this.props.updateActionState?.({resId: orderId});
    }

    async closeOrder() {
        this.state.orderId = false;
        this.props.updateActionState?.({resId: false});
        await this.load();
    }

    getWindow(card) {
        if (!card.start) {
            return card.place_label;
        }
        const day = ["overdue", "tomorrow"].includes(card.group)
            ? `${dayName(card.start)} `
            : "";
        return `${day}${clock(card.start)} – ${clock(card.end)}`;
    }
}

registry.category("actions").add("aftersales_service.myday", MyDay);
