import {Component, onWillStart, onWillUpdateProps, useState} from "@odoo/owl";
import {formatCurrency} from "@web/core/currency";
import {registry} from "@web/core/registry";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";
import {useService} from "@web/core/utils/hooks";

/**
 * What the customer of a machine may ask for: what is possible now, and what a
 * finding of our engineer would open. Any screen may show it with the id of a machine.
 */
export class EntitlementPanel extends Component {
    static template = "aftersales_warranty.EntitlementPanel";
    static props = {
        assetId: {type: [Number, Boolean], optional: true},
        orderId: {type: [Number, Boolean], optional: true},
        // Said when nothing is possible; without it the panel stays away.
        emptyText: {type: String, optional: true},
    };

    setup() {
        this.orm = useService("orm");
        this.state = useState({rows: [], loaded: false});
        onWillStart(() => this.load(this.props));
        onWillUpdateProps((props) => this.load(props));
    }

    async load({assetId, orderId}) {
        const key = `${assetId}:${orderId}`;
        if (key === this.key) {
            return;
        }
        this.key = key;
        if (!assetId) {
            this.state.rows = [];
            return;
        }
        const found = await this.orm.silent.call(
            "aftersales.asset",
            "get_entitlements",
            [[assetId]],
            {order_id: orderId || false},
        );
        if (key === this.key) {
            this.state.loaded = true;
            this.state.rows = found[assetId].filter((row) =>
                ["open", "confirm"].includes(row.state),
            );
        }
    }

    amount(row) {
        return row.amount === false ? "" : formatCurrency(row.amount, row.currency_id);
    }
}

class EntitlementWidget extends Component {
    static template = "aftersales_warranty.EntitlementWidget";
    static components = {EntitlementPanel};
    static props = {...standardWidgetProps};

    get assetId() {
        const value = this.props.record.data.asset_id;
        return (value && value.id) || false;
    }
}

registry.category("view_widgets").add("aftersales_entitlements", {
    component: EntitlementWidget,
    fieldDependencies: [{name: "asset_id", type: "many2one"}],
});
