"""Clients of the API and their keys in the admin. A new key is shown once, on the page after the form."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.defaultfilters import pluralize
from django.template.response import TemplateResponse
from django.urls import reverse

from ledger_core.access.keys import CACHE_SECONDS, GOOD, TooManyKeys, issue, revoke
from ledger_core.models import Client, Key
from ledger_core.operations import Scope
from ledger_core.plugins import app_choices

_SCOPES = {
    Scope.READ: "read balances, entries, holds, lots and operations",
    Scope.READ_ALL: "read the entries of all apps, and corrections (needs read, too)",
    Scope.POST: "post operations that give no new credits, and make, capture and release holds",
    Scope.MINT: "post operations that give new credits",
}


class ClientForm(forms.ModelForm):
    apps = forms.MultipleChoiceField(
        choices=app_choices,
        widget=forms.CheckboxSelectMultiple,
        help_text="The client may call these apps.",
    )
    scopes = forms.MultipleChoiceField(
        choices=[(scope.value, f"{scope.value}: {_SCOPES[scope]}") for scope in Scope],
        widget=forms.CheckboxSelectMultiple,
        help_text="What the client may do in these apps.",
    )

    class Meta:
        model = Client
        fields = ("name", "apps", "scopes")
        widgets = {"name": forms.TextInput}
        help_texts = {"name": "The entries that the client posts have this name. It cannot be changed later."}


class KeyForm(forms.ModelForm):
    class Meta:
        help_texts = {"expires_on": "Leave this empty for a key that does not expire."}

    def clean_client(self) -> Client:
        client: Client = self.cleaned_data["client"]
        if client.keys.filter(GOOD).count() > 1:
            raise forms.ValidationError(str(TooManyKeys(client)))
        return client


@admin.register(Client)
class ClientAdmin(ModelAdmin):
    """Clients. They cannot be renamed or deleted, because entries have their names."""

    form = ClientForm
    list_display = ("name", "apps", "scopes", "created_on")
    ordering = ("name",)
    search_fields = ("name",)

    def get_readonly_fields(self, request: HttpRequest, obj: Client | None = None) -> tuple[str, ...]:
        return ("name",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Client | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Client, form: forms.ModelForm, change: bool) -> None:
        # The service's database role may change only these two columns.
        obj.save(update_fields=["apps", "scopes"] if change else None)

    def response_add(self, request: HttpRequest, obj: Client, post_url_continue: str | None = None) -> HttpResponse:
        return redirect(f"{reverse('admin:ledger_core_key_add')}?client={obj.pk}")


@admin.register(Key)
class KeyAdmin(ModelAdmin):
    """Keys. They can be issued and revoked, but not changed."""

    form = KeyForm
    fields = ("client", "expires_on")
    list_display = ("prefix", "client", "state", "created_on", "last_used_on")
    list_filter = ("client",)
    list_select_related = ("client",)
    ordering = ("-created_on",)
    actions = ("revoke",)

    def has_change_permission(self, request: HttpRequest, obj: Key | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Key | None = None) -> bool:
        return False

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("ledger_core.change_key")

    @admin.action(description="Revoke the selected keys", permissions=["revoke"])
    def revoke(self, request: HttpRequest, keys: QuerySet[Key]) -> None:
        for key in keys.filter(revoked_on=None):
            self.log_change(request, key, "Revoked.")
        revoked = revoke(keys)
        rejected = f"The service rejects a revoked key after at most {CACHE_SECONDS} seconds."
        self.message_user(request, f"Revoked {revoked} key{pluralize(revoked)}. {rejected}")

    def save_model(self, request: Any, obj: Key, form: forms.ModelForm, change: bool) -> None:
        request.issued_key = issue(obj)

    def response_add(self, request: Any, obj: Key, post_url_continue: str | None = None) -> HttpResponse:
        """Show the key on this page and nowhere else: it is not in a message, a cookie or the history."""
        context = {
            **self.admin_site.each_context(request),
            "title": f"New key of {obj.client}",
            "opts": self.opts,
            "issued_key": request.issued_key,
        }
        return TemplateResponse(request, "admin/ledger_core/key/issued.html", context)
