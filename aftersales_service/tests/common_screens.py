from lxml import etree

from odoo.exceptions import AccessError, UserError
from odoo.tools.safe_eval import safe_eval

X2MANY = ("one2many", "many2many")
ERRORS = (AccessError, UserError, ValueError, TypeError, KeyError, AttributeError)
VIEWS = ("list", "form", "kanban", "pivot", "graph")


class Screens:
    """Opens what a user can reach in the menus, with the calls of the web client.

    ``get_views``, then what the view reads: ``web_search_read`` of lists and cards,
    ``web_read`` of every record with the form's own specification, ``onchange`` of a
    new record, groups of pivots and graphs. What went wrong is collected, not raised.
    """

    def __init__(self, env, limit=80):
        self.env, self.limit, self.errors = env, limit, []
        self.opened = set()

    def open_menus(self, roots):
        """Every menu below ``roots`` that the user sees, with all its parents."""
        menus = self.env["ir.ui.menu"]
        visible = menus._visible_menu_ids()
        for menu in menus.browse(visible).sorted("complete_name"):
            path = {int(part) for part in menu.parent_path.split("/") if part}
            action = menu.action
            shown = path <= set(visible) and path & set(roots.ids)
            if shown and action and action._name == "ir.actions.act_window":
                self.open_action(menu.complete_name, action)

    def open_action(self, title, action):
        action = action.sudo()
        names = {"uid": self.env.uid, "active_ids": [], "active_id": False}
        context = safe_eval(action.context or "{}", names)
        model = self.env[action.res_model].with_context(**context)
        kinds = [kind for kind in action.view_mode.split(",") if kind in VIEWS]
        chosen = {view.view_mode: view.view_id.id for view in action.view_ids}
        pairs = [(chosen.get(kind, False), kind) for kind in kinds]
        pairs.append((action.search_view_id.id or False, "search"))
        views = self._try(title, model.get_views, pairs)
        for kind in kinds if views else ():
            arch = etree.fromstring(views["views"][kind]["arch"])
            self.opened.add((model._name, kind))
            getattr(self, f"_open_{kind}")(f"{title} · {kind}", model, arch)

    def open_form(self, title, model):
        """The form of a model that is reached by a button."""
        views = self._try(title, model.get_views, [(False, "form")])
        if views:
            arch = etree.fromstring(views["views"]["form"]["arch"])
            self.opened.add((model._name, "form"))
            self._open_form(f"{title} · form", model, arch)

    # -- kinds of views -----------------------------------------------------------

    def _open_list(self, title, model, arch):
        specification = self._specify(model, arch)
        self._try(title, model.web_search_read, [], specification, limit=self.limit)

    _open_kanban = _open_list

    def _open_form(self, title, model, arch):
        specification = self._specify(model, arch)
        if not model._transient:
            for record in model.search([], limit=self.limit):
                self._try(f"{title} {record.id}", record.web_read, specification)
        if arch.get("create") not in ("0", "false", "False") and model.has_access(
            "create"
        ):
            self._try(f"{title} new", model.onchange, {}, [], specification)

    def _open_pivot(self, title, model, arch):
        rows, measures = [], []
        for node in arch.iter("field"):
            name = node.get("name")
            if node.get("type") == "measure":
                measures.append(f"{name}:sum")
            else:
                step = node.get("interval")
                rows.append(f"{name}:{step}" if step else name)
        self._try(title, model.formatted_read_group, [], rows, measures)

    _open_graph = _open_pivot

    # -- specification ------------------------------------------------------------

    def _specify(self, model, arch):
        specification = {}
        for node in arch.xpath(".//field[not(ancestor::field)]"):
            field = model._fields[node.get("name")]
            specification[field.name] = self._specify_field(model, field, node)
        return specification

    def _specify_field(self, model, field, node):
        if field.type == "many2one":
            return {"fields": {"display_name": {}}}
        if field.type not in X2MANY:
            return {}
        views = node.xpath("./list | ./kanban")
        comodel = model.env[field.comodel_name]
        fields = self._specify(comodel, views[0]) if views else {}
        return {"fields": fields or {"display_name": {}}}

    def _try(self, title, method, *args, **kwargs):
        try:
            with self.env.cr.savepoint():
                self.env.invalidate_all()
                result = method(*args, **kwargs)
                self.env.flush_all()
                return result
        except ERRORS as error:
            self.errors.append(f"{title}: {type(error).__name__} {error}")
            return None
