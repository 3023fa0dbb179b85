import {markup} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {escape} from "@web/core/utils/strings";

/** Promises at risk or missed, told on the screen of the person in charge (SV-12). */
export const slaAlertService = {
    dependencies: ["action", "bus_service", "notification"],
    start(env, {action, bus_service: bus, notification}) {
        bus.subscribe("aftersales_sla_alert", (alert) => {
            const lines = alert.lines.map((line) => escape(line));
            if (alert.more) {
                lines.push(escape(_t("and %s more", alert.more)));
            }
            const close = notification.add(markup(`<br>${lines.join("<br>")}`), {
                title: alert.title,
                type: alert.missed ? "danger" : "warning",
                sticky: true,
                buttons: [
                    {
                        name: _t("Open it"),
                        onClick: () => {
                            close();
                            action.doAction({
                                type: "ir.actions.act_window",
                                name: alert.title,
                                res_model: alert.model,
                                domain: [["id", "in", alert.ids]],
                                views: [
                                    [false, "list"],
                                    [false, "form"],
                                ],
                            });
                        },
                    },
                ],
            });
        });
        bus.start();
    },
};

registry.category("services").add("aftersales_sla_alert", slaAlertService);
