import {Component, onWillStart} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";
import {useService} from "@web/core/utils/hooks";
import {user} from "@web/core/user";

/** Exceptions of an order: the text opens the document, the tool mends it (SV-54). */
export class FeeExceptionsField extends Component {
    static template = "aftersales_service.FeeExceptionsField";
    static props = {...standardFieldProps};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        onWillStart(async () => {
            this.canMend = await user.hasGroup(
                "aftersales_service.aftersales_service_group_accountant",
            );
        });
    }

    get exceptions() {
        const {codes} = this.props.record.data;
        const texts = (this.props.record.data[this.props.name] || "").split(" · ");
        return codes
            ? codes.split(",").map((code, number) => ({code, text: texts[number]}))
            : [];
    }

    async follow(method, code) {
        const {resModel, resId, model} = this.props.record;
        const action = await this.orm.call(resModel, method, [[resId], code]);
        if (action) {
            await this.action.doAction(action, {onClose: () => model.load()});
        } else {
            await model.load();
        }
    }
}

export const feeExceptionsField = {
    component: FeeExceptionsField,
    displayName: _t("Exceptions with their way out"),
    supportedTypes: ["char"],
    fieldDependencies: [{name: "codes", type: "char"}],
};

registry.category("fields").add("aftersales_fee_exceptions", feeExceptionsField);
