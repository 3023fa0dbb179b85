from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import format_date, format_datetime

from ...tools.text import clean_text

# Steps of the desk that make sense for an open complaint.
COMPLAINT_STEPS = {
    "new": ["look", "answer", "agree"],
    "confirmed": ["answer", "agree"],
    "answered": ["settle", "agree"],
}
MAX_ROWS = 30
MAX_TEXT = 5000


class AftersalesSupervisorDesk(models.AbstractModel):
    """The supervisor's day as numbers that are worked off in place (SV-12 … SV-83).

    ========== =========== ========================================================
    Method     Group       Restriction
    ========== =========== ========================================================
    get_desk   supervisor  own service points; the manager sees the whole company
    get_rows   supervisor  records of a tile the user may read
    act        supervisor  named actions on records of the tile; the action itself
                           checks its own rights and states
    ========== =========== ========================================================

    A tile is a dict; later add-ons append theirs in ``_get_tiles``:

    ``key``, ``section``, ``title``, ``hint``, ``model``, ``domain``
        what is counted; the desk adds company and service points;
    ``team_field``
        path to the service point, default ``team_id``; False: not by service point;
    ``company_field``
        path to the company, default ``company_id``; False: shared records;
    ``tone``
        ``danger``, ``warning`` or ``info`` once the number is not 0;
    ``order``, ``action``
        sorting of the rows, XML id of the list the number opens;
    ``row``
        name of a method ``(records) → list of row values``, see ``_row_orders``;
    ``buttons``
        what can be done in place: see ``_button``.
    """

    _name = "aftersales.supervisor.desk"
    _description = "Supervisor's Desk"

    # -- what the screen asks -----------------------------------------------------

    @api.model
    @api.readonly
    def get_desk(self, team_id=False):
        """All numbers of today; one query per number."""
        self._check_reader()
        teams = self._get_teams()
        chosen = teams.filtered(lambda team: team.id == team_id)
        tiles = [
            self._prepare_tile(tile, self._count(tile, teams, chosen))
            for tile in self._get_readable_tiles()
        ]
        now = fields.Datetime.now()
        return {
            "day": format_date(self.env, self._get_today()[0]),
            "time": format_datetime(
                self.env, now, tz=self._get_tz(), dt_format="HH:mm"
            ),
            "teams": [{"id": team.id, "name": team.name} for team in teams],
            "team_id": chosen.id,
            "sections": [
                {
                    "key": key,
                    "title": title,
                    "tiles": [tile for tile in tiles if tile["section"] == key],
                }
                for key, title in self._get_sections()
                if any(tile["section"] == key for tile in tiles)
            ],
        }

    @api.model
    @api.readonly
    def get_rows(self, key, team_id=False):
        """The first records behind a number, ready to be worked off."""
        self._check_reader()
        tile = self._get_tile(key)
        domain = self._get_domain(tile, team_id)
        records = self.env[tile["model"]].search(
            domain, limit=MAX_ROWS, order=tile.get("order")
        )
        rows = getattr(self, tile.get("row") or "_row_any")(records)
        names = [button["name"] for button in tile.get("buttons", ())]
        for row in rows:
            row.setdefault("do", names)
        return {"key": key, "rows": rows, "limit": MAX_ROWS}

    @api.model
    def get_action(self, key, team_id=False):
        """The list behind a number, with all its filters and views."""
        self._check_reader()
        tile = self._get_tile(key)
        action = {
            "type": "ir.actions.act_window",
            "res_model": tile["model"],
            "views": [[False, "list"], [False, "form"]],
        }
        if tile.get("action"):
            action = self.env["ir.actions.act_window"]._for_xml_id(tile["action"])
            action.pop("path", None)
        action.update(
            name=tile["title"],
            domain=list(self._get_domain(tile, team_id)),
            context=tile.get("context", {}),
        )
        return action

    # -- what the screen does -----------------------------------------------------

    @api.model
    def act(self, key, record_id, button, text=False, team_id=False):
        """Do one of the tile's actions on one of its records.

        :param button: name of a button of the tile
        :param text: what the action asks for (reason, decision)
        :return: action to open, or False
        """
        self._check_reader()
        tile = self._get_tile(key)
        found = [b for b in tile.get("buttons", ()) if b["name"] == button]
        if not found:
            raise AccessError(self.env._("The desk does not do this: %s.", button))
        record = self._find_record(tile, record_id, team_id)
        arguments = self._get_arguments(found[0], text)
        if found[0].get("open") or found[0].get("form"):
            return self._prepare_opened(found[0], record)
        getattr(record, found[0]["method"])(*arguments)
        return False

    def _prepare_opened(self, button, record):
        """The dialog, screen or form a button opens for its record."""
        if button.get("form"):
            return {
                "type": "ir.actions.act_window",
                "res_model": record._name,
                "res_id": record.id,
                "views": [[False, "form"]],
            }
        action = self.env["ir.actions.actions"]._for_xml_id(button["open"])
        context = {
            "active_model": record._name,
            "active_id": record.id,
            "active_ids": record.ids,
            "dialog_size": "medium",
        }
        if key := button.get("context_key"):
            context[key] = record.id
        return {**action, "context": context}

    def _find_record(self, tile, record_id, team_id):
        records = self.env[tile["model"]]
        if isinstance(record_id, int) and 0 < record_id < 2**31:
            domain = self._get_domain(tile, team_id) & Domain("id", "=", record_id)
            records = records.search(domain)
        if not records:
            raise UserError(
                self.env._("This is no longer on the list: somebody has done it.")
            )
        return records

    def _get_arguments(self, button, text):
        if not button.get("ask"):
            return []
        text = clean_text(text, MAX_TEXT).strip()
        if not text:
            raise UserError(self.env._("%s: please write it down.", button["ask"]))
        return [text]

    # -- who and where --------------------------------------------------------------

    def _check_reader(self):
        self.env["res.users"]._check_aftersales_role("supervisor")

    def _is_manager(self):
        return self.env.user._has_aftersales_role("manager")

    def _get_tz(self):
        return self.env.company._aftersales_zone().zone

    def _get_today(self):
        """(local date, its begin in UTC) by the clock of the company."""
        company = self.env.company
        today = company._aftersales_today()
        return today, company._aftersales_bounds(today)[0]

    def _get_teams(self):
        return self.env["aftersales.board"]._get_teams()

    def _get_domain(self, tile, team_id):
        teams = self._get_teams()
        chosen = teams.filtered(lambda team: team.id == team_id)
        return self._scope(tile, teams, chosen)

    def _scope(self, tile, teams, chosen):
        """The tile's domain within the company and the service points."""
        domain = Domain(tile["domain"])
        company = tile.get("company_field", "company_id")
        if company:
            domain &= Domain(company, "=", self.env.company.id)
        team = tile.get("team_field", "team_id")
        if not team:
            return domain
        if chosen:
            return domain & Domain(team, "in", chosen.ids)
        if self._is_manager():
            return domain
        # What nobody is responsible for is everybody's.
        return domain & (Domain(team, "in", teams.ids) | Domain(team, "=", False))

    def _count(self, tile, teams, chosen):
        return self.env[tile["model"]].search_count(self._scope(tile, teams, chosen))
