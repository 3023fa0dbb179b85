import {Component, useState} from "@odoo/owl";
import {user} from "@web/core/user";
import {helpers} from "./myday_utils";

const STEP = 0.5;

/** Labour, travel, prices, quotation and money taken on site (SV-50 … SV-52). */
export class FeesSection extends Component {
    static template = "aftersales_service.MyDayFees";
    static props = {
        order: Object,
        onSite: String,
        desk: Object,
        act: Function,
        fillFromClock: Function,
        openQuote: Function,
    };

    setup() {
        this.work = useState(this.props.desk.state);
        this.helpers = helpers;
        this.state = useState({
            priceLine: false,
            price: "",
            reason: "",
            collecting: false,
            amount: "",
            method: "",
            reference: "",
            withdrawing: false,
            withdrawReason: "",
        });
    }

    get services() {
        return this.props.order.lines.filter((line) => line.kind !== "part");
    }

    get missingKinds() {
        const present = this.props.order.lines.map((line) => line.kind);
        return ["labour", "travel"].filter((kind) => !present.includes(kind));
    }

    phone(method, ...args) {
        return this.props.act("aftersales.myday", method, [
            this.props.order.id,
            ...args,
        ]);
    }

    callOrder(method, ...args) {
        return this.props.act("aftersales.order", method, [
            [this.props.order.id],
            ...args,
        ]);
    }

    // -- hours ----------------------------------------------------------------------

    setQuantity(line, value) {
        const number = Number(String(value).replace(",", "."));
        if (Number.isFinite(number) && number >= 0 && number !== line.quantity) {
            return this.phone("save_line", line.id, {quantity: number});
        }
    }

    step(line) {
        return line.kind === "labour" ? STEP : 1;
    }

    addQuantity(line, direction) {
        return this.setQuantity(
            line,
            Math.max(line.quantity + direction * this.step(line), 0),
        );
    }

    addService(kind) {
        return this.phone("add_service", kind, 1);
    }

    // -- price ----------------------------------------------------------------------

    openPrice(line) {
        Object.assign(this.state, {
            priceLine: this.state.priceLine === line.id ? false : line.id,
            price: String(line.net_price),
            reason: "",
        });
    }

    async requestPrice(line, price) {
        const asked = Number(String(price).replace(",", "."));
        if (await this.phone("request_price", line.id, asked, this.state.reason)) {
            this.state.priceLine = false;
        }
    }

    // -- money ----------------------------------------------------------------------

    openCollect() {
        const order = this.props.order;
        Object.assign(this.state, {
            collecting: true,
            amount: String(order.amount_open),
            method: order.collect_methods.length ? order.collect_methods[0][0] : "",
            reference: "",
        });
        // The same key for every try of this click: the money is booked once.
        this.collectKey = `${user.userId}-${Date.now()}-${Math.random().toString(36).slice(2)}`;
    }

    get amountValue() {
        return Number(String(this.state.amount).replace(",", "."));
    }

    /** Some wallets cannot be found again without the number of the transaction. */
    get missingReference() {
        const method = this.props.order.collect_methods.find(
            ([code]) => code === this.state.method,
        );
        return Boolean(method && method[2] && !this.state.reference.trim());
    }

    async collect() {
        const {method, reference} = this.state;
        const values = [this.amountValue, method, reference, this.collectKey];
        if (await this.callOrder("action_collect", ...values)) {
            this.state.collecting = false;
        }
    }

    async withdraw() {
        if (
            await this.callOrder("action_withdraw_signature", this.state.withdrawReason)
        ) {
            Object.assign(this.state, {withdrawing: false, withdrawReason: ""});
        }
    }
}
