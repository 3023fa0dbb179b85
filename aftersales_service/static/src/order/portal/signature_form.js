import {registry} from "@web/core/registry";
import {SignatureForm} from "@portal/signature_form/signature_form";

/**
 * Odoo's signature pad; name and image travel in an ordinary form with its CSRF token
 * instead of a call of their own, so that accepting is a POST like refusing.
 */
export class ServiceSignatureForm extends SignatureForm {
    onClickSubmit() {
        const form = document.querySelector("form.o_aftersales_accept");
        form.elements.signed_by.value = this.signature.name;
        form.elements.signature.value =
            this.signature.getSignatureImage().split(",")[1] || "";
        form.submit();
    }
}

registry
    .category("public_components")
    .add("aftersales_service.signature_form", ServiceSignatureForm);
