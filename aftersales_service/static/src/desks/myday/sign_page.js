import {Component, useState} from "@odoo/owl";
import {NameAndSignature} from "@web/core/signature/name_and_signature";
import {helpers} from "./myday_utils";
import {DeskMessage} from "@aftersales_service/base/desk_kit";

/** What the customer reads and signs: amounts in large type, covered lines without. */
export class SignPage extends Component {
    static template = "aftersales_service.MyDaySign";
    static components = {DeskMessage, NameAndSignature};
    static props = {
        order: Object,
        mode: String,
        desk: Object,
        onSign: Function,
        onAccept: Function,
        onRefuse: Function,
        onClose: Function,
    };

    setup() {
        this.work = useState(this.props.desk.state);
        this.helpers = helpers;
        this.state = useState({
            name: this.props.order.contact || "",
            signed: false,
            refusing: false,
            reason: "",
        });
        this.signature = {name: "", isSignatureEmpty: true};
    }

    get isQuote() {
        return this.props.mode === "quote";
    }

    get canSend() {
        return !this.work.busy && this.state.name.trim() && this.state.signed;
    }

    onSignatureChange() {
        this.state.signed = !this.signature.isSignatureEmpty;
    }

    clear() {
        this.signature.resetSignature();
        this.state.signed = false;
    }

    async send() {
        const image = this.signature.getSignatureImage();
        const data = image.slice(image.indexOf(",") + 1);
        const done = this.isQuote ? this.props.onAccept : this.props.onSign;
        await done(this.state.name.trim(), data);
    }
}
