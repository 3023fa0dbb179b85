import {
    Component,
    onWillDestroy,
    onWillStart,
    onWillUpdateProps,
    useState,
} from "@odoo/owl";
import {browser} from "@web/core/browser/browser";
import {KeepLast} from "@web/core/utils/concurrency";
import {patch} from "@web/core/utils/patch";
import {useService} from "@web/core/utils/hooks";
import {moment} from "@aftersales_service/promise/sla_utils";
import {CallDesk} from "@aftersales_service/desks/call_desk/call_desk";

const WAIT = 400;

/**
 * Where the caller is: the zone found by the address, or the question for it. Unknown
 * is not far, so the desk asks. A customer not saved yet is told the promise too.
 */
export class DeskPlace extends Component {
    static template = "aftersales_service.CallDesk.Place";
    static props = {values: Object, onZone: Function};

    setup() {
        this.orm = useService("orm");
        this.state = useState({zone: null, promises: []});
        this.last = new KeepLast();
        this.asked = "";
        onWillStart(() => this.load(this.props.values));
        onWillUpdateProps((props) => this.schedule(props.values));
        onWillDestroy(() => browser.clearTimeout(this.timer));
    }

    /** Typing an address asks once, when the typing pauses. */
    schedule(values) {
        if (JSON.stringify(values) !== this.asked) {
            browser.clearTimeout(this.timer);
            this.timer = browser.setTimeout(() => this.load(values), WAIT);
        }
    }

    async load(values) {
        this.asked = JSON.stringify(values);
        const ask = (method) =>
            this.orm.silent.call("aftersales.call.desk", method, [values]);
        try {
            const [zone, promises] = await this.last.add(
                Promise.all([
                    ask("get_zone"),
                    values.partner_id && !values.zone_id ? [] : ask("get_promise"),
                ]),
            );
            Object.assign(this.state, {zone, promises});
        } catch {
            // A failure here never disturbs the call.
            Object.assign(this.state, {zone: null, promises: []});
        }
    }

    get promiseText() {
        return this.state.promises
            .map((promise) => `${promise.label} ${moment(promise.deadline)}`)
            .join(" · ");
    }

    choose(ev) {
        this.props.onZone(Number(ev.target.value) || false);
    }
}

CallDesk.components = {...CallDesk.components, DeskPlace};

const EXTENSION = /(?:转|轉|分机|extension|ext\.?|x|#)\s*[:：]?\s*\d{1,6}\)?\s*$/i;
const NUMBER = /^(?:tel:)?['\d+()/.\s‐-―-]{4,}$/i;

function isNumber(text) {
    return NUMBER.test(text.replace(EXTENSION, "").trim());
}

patch(CallDesk.prototype, {
    get placeValues() {
        const {customer, newPartner, newAsset, assetId, form} = this.state;
        return {
            partner_id: customer?.id || false,
            new_partner: customer ? false : {...newPartner},
            asset_id: (customer && assetId) || false,
            product_id: newAsset?.product?.id || false,
            site_id: form.site_id ? Number(form.site_id) : false,
            fault_level: form.fault_level,
            service_type: form.service_type,
            place: form.place,
            zone_id: form.zone_id || false,
        };
    },

    setZone(zoneId) {
        this.state.form.zone_id = zoneId;
    },

    prepareValues(options) {
        const values = super.prepareValues(options);
        values.zone_id = this.state.form.zone_id || false;
        return values;
    },

    /** Who is called back at an extension is called back there. */
    async choose(hit) {
        const typed = this.finder.state.query.trim();
        this.state.form.zone_id = false;
        await super.choose(hit);
        if (this.state.customer && EXTENSION.test(typed) && isNumber(typed)) {
            this.state.form.phone = typed;
        }
    },

    startNewCustomer() {
        super.startNewCustomer();
        this.state.form.zone_id = false;
        const {newPartner} = this.state;
        if (newPartner.name && isNumber(newPartner.name)) {
            newPartner.phone = newPartner.name;
            newPartner.name = "";
        }
    },
});
