"""The API's clients in the admin: made, given keys, and shut out. A key is shown once, on the page that answers."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from ledger_core.access import clients
from ledger_core.models import Client, Key
from ledger_core.operations import Scope
from ledger_core.plugins import app_choices


class ClientForm(forms.ModelForm):
    apps = forms.MultipleChoiceField(
        choices=app_choices,
        widget=forms.CheckboxSelectMultiple,
        help_text="The apps that it calls.",
    )
    scopes = forms.MultipleChoiceField(
        choices=[(scope.value, scope.value) for scope in Scope],
        widget=forms.CheckboxSelectMultiple,
        help_text="What it may do there: read, post what gives no credits, mint credits that nobody had.",
    )

    class Meta:
        model = Client
        fields = ("name", "apps", "scopes")
        widgets = {"name": forms.TextInput}


class KeyForm(forms.ModelForm):
    def clean_client(self) -> Client:
        client: Client = self.cleaned_data["client"]
        if client.keys.filter(clients.GOOD).count() > 1:
            raise forms.ValidationError(str(clients.TooManyKeys(client)))
        return client


@admin.register(Client)
class ClientAdmin(ModelAdmin):
    """Entries keep a client's name, so that it is neither renamed nor deleted."""

    form = ClientForm
    list_display = ("name", "apps", "scopes", "created_on")
    ordering = ("name",)
    search_fields = ("name",)

    def get_readonly_fields(self, request: HttpRequest, obj: Client | None = None) -> tuple[str, ...]:
        return ("name",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Client | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Client, form: forms.ModelForm, change: bool) -> None:
        obj.save(update_fields=["apps", "scopes"] if change else None)  # the service's role may change no other

    def response_add(self, request: HttpRequest, obj: Client, post_url_continue: str | None = None) -> HttpResponse:
        return redirect(f"{reverse('admin:ledger_core_key_add')}?client={obj.pk}")


@admin.register(Key)
class KeyAdmin(ModelAdmin):
    """Keys are issued and revoked, and never changed."""

    form = KeyForm
    fields = ("client", "expires_on")
    list_display = ("prefix", "client", "state", "created_on", "expires_on", "last_used_on")
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
        revoked = clients.revoke(keys)
        self.message_user(request, f"{revoked} revoked: refused everywhere within {clients.CACHE_SECONDS} seconds.")

    def save_model(self, request: Any, obj: Key, form: forms.ModelForm, change: bool) -> None:
        request.issued_key = clients.issue(obj)

    def response_add(self, request: Any, obj: Key, post_url_continue: str | None = None) -> HttpResponse:
        """Show the key on this page and nowhere else: no message, cookie or history keeps it."""
        context = {
            **self.admin_site.each_context(request),
            "title": f"The new key of {obj.client}",
            "opts": self.opts,
            "issued_key": request.issued_key,
        }
        return TemplateResponse(request, "admin/ledger_core/key/issued.html", context)
