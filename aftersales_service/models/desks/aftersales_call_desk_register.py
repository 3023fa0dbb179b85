import base64
import binascii
import re
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ...const import OPEN_STATES
from ...tools.text import clean_text

MAX_FILES = 10
MAX_FILE_BYTES = 10 * 1024 * 1024
MAX_CALL_SECONDS = 4 * 3600
_CALL_KEY = re.compile(r"[0-9A-Za-z-]{8,64}")


class AftersalesCallDesk(models.AbstractModel):
    """A call is registered once, whatever the network does."""

    _inherit = "aftersales.call.desk"

    # -------------------------------------------------------------------------
    # what the screen does
    # -------------------------------------------------------------------------

    @api.model
    def register(self, values, attachments=None):
        """Create the service order of a call (SV-01).

        Sent twice with the same ``call_key``, e.g. after a network fault, it returns
        the order of the first time. A second open order for the same machine and
        symptom is not created but returned as a question.

        :param values: see ``CHOICES``, ``TEXTS``, ``LINKS`` and ``OTHER``
        :param attachments: list of ``{"name", "datas"}``, base64
        :return: ``{"id", "name", …}`` or ``{"duplicates": […]}``
        """
        self._check_operator()
        orders = self.env["aftersales.order"]
        orders.check_access("create")
        values = self._check_values(values)
        key = self._prepare_source_key(values)
        if key and (known := self._find_registered(key)):
            return self._registered(known)
        files = self._check_files(attachments)
        order_values = self._prepare_order_values(values)
        if duplicates := self._find_duplicates(order_values):
            return {"duplicates": duplicates}
        order = self._create_order(order_values)
        if order_values.get("zone_id"):
            self._remember_zone(order_values)
        # Safe: on the new order; unique, so that a call sent twice makes one order.
        order.sudo().source_key = key
        self._attach(order, files)
        if values.get("answered"):
            # Safe: the operator has just spoken to the caller, whoever goes there.
            order.sudo().action_register_answer()
        return self._registered(order)

    @api.model
    def continue_order(self, order_id, values):
        """The caller asks about an open order: what was said goes to its history."""
        self._check_operator()
        order = self._browse("aftersales.order", order_id)
        if order.state not in OPEN_STATES:
            raise UserError(order._blocked_message("continue", order))
        values = self._check_values(values)
        caller = " · ".join(
            text for text in (values.get("contact_name"), values.get("phone")) if text
        )
        text = self.env._("The customer called again.")
        order._message_log(
            body="\n".join(
                part for part in (text, caller, values.get("description")) if part
            )
        )
        if values.get("answered"):
            order.action_register_answer()
        return self._registered(order)

    @api.model
    def finish(self, order_id, cause_id, remedy=False):
        """What the telephone solved is done at the desk: cause and remedy."""
        self._check_operator()
        order = self._browse("aftersales.order", order_id)
        cause = self._browse("aftersales.cause", cause_id)
        order.action_solve_by_phone(cause.id, clean_text(remedy, 20000))
        return self._registered(order)

    @api.model
    def search_causes(self, query):
        """Causes by name, code or keyword, with what usually helps."""
        self._check_operator()
        causes = self.env["aftersales.cause"]
        text = clean_text(query, 100).strip()
        domain = [("display_name", "ilike", text)] if text else []
        found = causes.search_fetch(domain, ["name", "code", "remedy"], limit=8)
        return [
            {"id": c.id, "name": c.display_name, "remedy": c.remedy or ""}
            for c in found
        ]

    # -------------------------------------------------------------------------
    # helpers
    # -------------------------------------------------------------------------

    def _check_operator(self):
        self.env["res.users"]._check_aftersales_role("operator")

    def _browse(self, model, record_id):
        """A record the user may read, or one sentence for all other cases."""
        record = self.env[model]
        if isinstance(record_id, int) and 0 < record_id < 2**31:
            record = record.browse(record_id).exists()
        if not record or not record.has_access("read"):
            raise UserError(
                self.env._(
                    "This record no longer exists or is not yours to see. Search again."
                )
            )
        return record

    def _check_values(self, values):
        """Only the values the desk sends, cleaned; anything else is refused."""
        if not isinstance(values, dict):
            raise UserError(self.env._("The form is empty."))
        known = {*self.CHOICES, *self.TEXTS, *self.LINKS, *self.OTHER}
        if unknown := values.keys() - known:
            raise AccessError(
                self.env._(
                    "The call desk does not set: %(names)s.",
                    names=", ".join(sorted(map(str, unknown))),
                )
            )
        result = dict(values)
        for name, limit in self.TEXTS.items():
            result[name] = clean_text(values.get(name), limit).strip()
        for name in self.LINKS:
            result[name] = values.get(name) or False
        return result

    def _prepare_source_key(self, values):
        key = values.get("call_key")
        if not key:
            return False
        if not isinstance(key, str) or not _CALL_KEY.fullmatch(key):
            raise UserError(self.env._("Reload the page and register the call again."))
        return f"call:{self.env.uid}:{key}"

    def _find_registered(self, key):
        # Safe: the key holds the user's own id; nobody finds another one's call.
        orders = self.env["aftersales.order"].sudo()
        return orders.search([("source_key", "=", key)], limit=1).sudo(False)

    def _prepare_order_values(self, values):
        """Values of the order; new customer and machine are created on the way."""
        partner = self._get_partner(values)
        asset = self._get_asset(values, partner)
        result = {
            name: values[name]
            for name in (*self.CHOICES, *self.TEXTS)
            if values.get(name)
        }
        result.update(
            {
                "partner_id": partner.id,
                "company_id": self.env.company.id,
                "called_at": self._get_called_at(values),
                "duplicate_confirmed": values.get("duplicate_confirmed") is True,
            }
        )
        if asset:
            result["asset_id"] = asset.id
        else:
            result.update(self._prepare_unknown_machine(values))
        for name, model in (
            ("site_id", "res.partner"),
            ("symptom_id", "aftersales.symptom"),
            ("zone_id", "aftersales.zone"),
        ):
            if values.get(name):
                result[name] = self._browse(model, values[name]).id
        if values.get("expected_at"):
            result["expected_at"] = self._check_datetime(values["expected_at"])
        return result

    def _get_partner(self, values):
        if values.get("partner_id"):
            return self._browse("res.partner", values["partner_id"])
        new = values.get("new_partner")
        if not isinstance(new, dict):
            raise UserError(self.env._("Find the customer first, or enter a new one."))
        data = self._prepare_partner_values(new)
        if not data["name"]:
            raise UserError(self.env._("Enter the name of the new customer."))
        return self.env["res.partner"].create(data)

    def _prepare_partner_values(self, new):
        """What the desk types of a new customer, cleaned."""
        names = {"name": 128, "phone": 64, "street": 128, "city": 64, "zip": 24}
        return {
            **{
                name: clean_text(new.get(name), limit).strip()
                for name, limit in names.items()
            },
            "is_company": new.get("is_company") is True,
            "country_id": self.env.company.country_id.id,
        }

    def _remember_zone(self, order_values):
        """The zone the desk was told holds for the next call from there too."""
        zone = self.env["aftersales.zone"].browse(order_values["zone_id"])
        site = self.env["res.partner"].browse(
            order_values.get("site_id") or order_values["partner_id"]
        )
        if self._match_zone(site) != zone:
            # Safe: the one field, of an address the operator has just worked on.
            site.sudo().aftersales_chosen_zone_id = zone

    def _get_asset(self, values, partner):
        if values.get("asset_id"):
            return self._browse("aftersales.asset", values["asset_id"])
        new = values.get("new_asset")
        if not isinstance(new, dict) or not new.get("product_id"):
            return self.env["aftersales.asset"]
        serial = clean_text(new.get("serial"), 64).strip()
        if not serial:
            return self.env["aftersales.asset"]
        return self.env["aftersales.asset"].create(
            {
                "partner_id": partner.id,
                "product_id": self._browse("product.product", new["product_id"]).id,
                "serial": serial,
                "place": clean_text(new.get("place"), 128).strip() or False,
                "company_id": self.env.company.id,
            }
        )

    def _prepare_unknown_machine(self, values):
        """Model or serial number alone are kept on the order."""
        new = values.get("new_asset")
        new = new if isinstance(new, dict) else {}
        result = {}
        product_id = values.get("product_id") or new.get("product_id")
        if product_id:
            result["product_id"] = self._browse("product.product", product_id).id
        serial = values.get("serial") or new.get("serial")
        if serial := clean_text(serial, 64).strip():
            result["serial"] = serial
        return result

    def _get_called_at(self, values):
        """The call began when it was taken, by the clock of the server."""
        seconds = values.get("call_seconds")
        if not isinstance(seconds, int | float) or not 0 < seconds < MAX_CALL_SECONDS:
            seconds = 0
        return fields.Datetime.now() - timedelta(seconds=int(seconds))

    def _check_datetime(self, text):
        try:
            return fields.Datetime.to_datetime(text)
        except (TypeError, ValueError):
            raise UserError(
                self.env._("“%(value)s” is no date and time.", value=str(text)[:30])
            ) from None

    def _check_files(self, attachments):
        """Decoded files of the call, refused before anything is created."""
        attachments = attachments or []
        if len(attachments) > MAX_FILES:
            raise UserError(
                self.env._("At most %(count)s files fit one call.", count=MAX_FILES)
            )
        files = []
        for data in attachments:
            name = clean_text(data.get("name"), 128).strip() or self.env._("File")
            try:
                content = base64.b64decode(data.get("datas") or "", validate=True)
            except (binascii.Error, TypeError, ValueError):
                raise UserError(
                    self.env._("%(name)s could not be read.", name=name)
                ) from None
            if len(content) > MAX_FILE_BYTES:
                raise UserError(
                    self.env._(
                        "%(name)s is too large: at most %(size)s MB.",
                        name=name,
                        size=MAX_FILE_BYTES // 1024 // 1024,
                    )
                )
            files.append((name.replace("/", "_").replace("\\", "_"), content))
        return files

    def _find_duplicates(self, order_values):
        """Open orders about the same machine and symptom, as rows of the question."""
        orders = self.env["aftersales.order"]
        asset, symptom = order_values.get("asset_id"), order_values.get("symptom_id")
        if not asset or not symptom or order_values["duplicate_confirmed"]:
            return []
        draft = orders.new({"asset_id": asset, "symptom_id": symptom})
        found = draft._get_open_duplicates().get(draft, orders)
        readable = found._filtered_access("read")
        states = dict(orders._fields["state"]._description_selection(self.env))
        # Safe: number and state of orders about a machine the operator chose.
        return [
            {
                "id": order.id,
                "name": order.name,
                "state_name": states[order.state],
                "technician": order.technician_id.name or "",
                "readable": order.id in readable.ids,
            }
            # Safe: numbers and states of orders about a machine on the desk.
            for order in found.sudo()
        ]

    def _create_order(self, order_values):
        """Create; a call for another service point is handed over to it."""
        orders = self.env["aftersales.order"]
        team = orders.new(order_values).team_id
        # Safe: only whether the user belongs to the service point.
        if self.env.user in team.sudo().user_ids or not team:
            return orders.create(order_values)
        return orders.sudo().create(order_values).sudo(False)

    def _attach(self, order, files):
        if not files:
            return
        # Safe: on the order this call has just created; type is sniffed by Odoo.
        self.env["ir.attachment"].sudo().create(
            [
                {
                    "name": name,
                    "raw": content,
                    "res_model": order._name,
                    "res_id": order.id,
                }
                for name, content in files
            ]
        )

    def _registered(self, order):
        # Safe: what the operator tells the caller, of the call just taken.
        shown = order.sudo()
        return {
            "id": order.id,
            "name": shown.name,
            "customer": shown.partner_id.display_name,
            "team": shown.team_id.display_name or "",
            "readable": order.has_access("read"),
        }
