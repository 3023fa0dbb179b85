import ast

from dateutil.relativedelta import relativedelta
from lxml import etree

from odoo.exceptions import AccessError, UserError
from odoo.tools.safe_eval import datetime as safe_datetime
from odoo.tools.safe_eval import safe_eval, time

X2MANY = ("one2many", "many2many")
LINKS = ("many2one", "reference")
DATES = ("date", "datetime")
ERRORS = (AccessError, UserError, ValueError, TypeError, KeyError, AttributeError)
VIEWS = ("list", "form", "kanban", "pivot", "graph")
NEVER = ("0", "false", "False")


class Screens:
    """Opens what a user can reach in the menus, with the calls of the web client.

    ``get_views``, then what the view reads: ``web_search_read`` of lists and cards,
    ``web_read`` of records with the form's own specification, ``onchange`` of a new
    record, groups of pivots and graphs, every filter and grouping of the search. What
    went wrong is collected, not raised.
    """

    def __init__(self, env, limit=80):
        self.env, self.limit, self.errors = env, limit, []
        self.opened = set()

    def open_menus(self, roots, only=None):
        """Every menu below ``roots`` that the user sees, with all its parents.

        :param only: menus to choose from; None: all
        """
        menus = self.env["ir.ui.menu"]
        visible = menus._visible_menu_ids()
        for menu in menus.browse(visible).sorted("complete_name"):
            path = {int(part) for part in menu.parent_path.split("/") if part}
            shown = path <= set(visible) and path & set(roots.ids)
            if shown and menu.action and (only is None or menu in only):
                self._open_menu(menu)

    def _open_menu(self, menu):
        """A window action, or the one a server action answers with."""
        title, action, values = menu.complete_name, menu.action, None
        if action._name == "ir.actions.server":
            values = self._try(title, action.with_env(self.env).run)
        elif action._name == "ir.actions.act_window":
            values = action.sudo()._get_action_dict()
        if values and values["type"] == "ir.actions.act_window":
            self.open_action(title, values)

    def open_action(self, title, action):
        """:param action: dict of a window action as the client gets it"""
        context = self._evaluate(action.get("context") or "{}")
        domain = self._evaluate(action.get("domain") or "[]", context)
        model = self.env[action["res_model"]].with_context(**context)
        pairs = [(number, kind) for number, kind in action["views"] if kind in VIEWS]
        search = action.get("search_view_id") or [False]
        views = self._try(title, model.get_views, [*pairs, (search[0], "search")])
        for kind in [kind for _number, kind in pairs] if views else ():
            arch = etree.fromstring(views["views"][kind]["arch"])
            self.opened.add((model._name, kind))
            getattr(self, f"_open_{kind}")(f"{title} · {kind}", model, arch)
        if views:
            self._try(f"{title} · domain", model.search_count, domain)
            arch = etree.fromstring(views["views"]["search"]["arch"])
            self._open_search(f"{title} · search", model, arch)

    def open_form(self, title, model):
        """The form of a model that is reached by a button."""
        views = self._try(title, model.get_views, [(False, "form")])
        if views:
            arch = etree.fromstring(views["views"]["form"]["arch"])
            self.opened.add((model._name, "form"))
            self._open_form(f"{title} · form", model, arch)

    def _evaluate(self, source, scope=None):
        """Context or domain of an action, as the client evaluates it."""
        if not isinstance(source, str):
            return source
        names = {
            "uid": self.env.uid,
            "context": scope or {},
            "active_id": False,
            "active_ids": [],
            "context_today": lambda: safe_datetime.date.today(),
            "relativedelta": relativedelta,
            "datetime": safe_datetime,
            "time": time,
            "allowed_company_ids": self.env.companies.ids,
        }
        return safe_eval(source, names)

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
        if arch.get("create") not in NEVER and model.has_access("create"):
            self._try(f"{title} new", model.onchange, {}, [], specification)

    def _open_pivot(self, title, model, arch):
        groups, measures = self._get_axes(model, arch)
        sets = [groups[:size] for size in range(len(groups) + 1)]
        self._try(title, model.formatted_read_grouping_sets, [], sets, measures)

    def _open_graph(self, title, model, arch):
        groups, measures = self._get_axes(model, arch)
        self._try(title, model.formatted_read_group, [], groups, measures)

    def _get_axes(self, model, arch):
        groups, measures = [], ["__count"]
        for node in arch.iter("field"):
            if node.get("invisible") in ("1", "True"):
                continue
            field = model._fields[node.get("name")]
            if node.get("type") == "measure":
                measures.append(f"{field.name}:{field.aggregator or 'sum'}")
            elif node.get("type") in ("row", "col") or arch.tag == "graph":
                step = node.get("interval") or ("month" if field.type in DATES else "")
                groups.append(f"{field.name}:{step}" if step else field.name)
        return groups, measures

    def _open_search(self, title, model, arch):
        """Every filter, every grouping and every field to search in on its own."""
        for node in arch.iter("filter"):
            name = f"{title} {node.get('name')}"
            if node.get("domain"):
                domain = self._try(name, self._evaluate, node.get("domain"))
                self._try(name, model.search_count, domain or [])
            group = ast.literal_eval(node.get("context") or "{}").get("group_by")
            if group and not self._is_properties(model, group):
                groups = [group] if isinstance(group, str) else group
                self._try(name, model.formatted_read_group, [], groups, ["__count"])
        for node in arch.iter("field"):
            field = model._fields.get(node.get("name"))
            plain = field and field.type in ("char", "many2one")
            if plain and not (node.get("filter_domain") or node.get("invisible")):
                domain = [(field.name, "ilike", "abc")]
                self._try(f"{title} {field.name}", model.search_count, domain)

    @staticmethod
    def _is_properties(model, group):
        """The client asks the user which property first."""
        return group in model._fields and model._fields[group].type == "properties"

    # -- specification ------------------------------------------------------------

    def _specify(self, model, arch):
        specification = {}
        for node in arch.xpath(".//field[not(ancestor::field or ancestor::groupby)]"):
            field = model._fields[node.get("name")]
            specification[field.name] = self._specify_field(model, field, node)
        return specification

    def _specify_field(self, model, field, node):
        if field.type in LINKS:
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
