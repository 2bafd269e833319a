"""Corrections by staff: posted like all entries, with the person's name, and the reason as metadata."""

import re
import uuid
from typing import Any

from django import forms
from django.contrib.admin import ModelAdmin
from django.contrib.admin.helpers import AdminForm
from django.contrib.admin.utils import quote, unquote
from django.contrib.messages import INFO, SUCCESS
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from ledger_core.errors import AccountLocked, LedgerError
from ledger_core.models import Account
from ledger_core.operations.corrections import CORRECTIONS, STAFF, Correction
from ledger_core.posting import NonceReused, Posted, post
from ledger_core.queries.balances import balance_of
from ledger_core.values import MAX_CREDITS, MAX_TEXT, Metadata, mistake_in

_SENT_BEFORE = (
    "This form was sent before with other values, and that correction was posted: see the account's newest entries. "
    "To post these values as another correction, send the form again."
)


class WholeNumberField(forms.IntegerField):
    """Accepts only the digits 0 to 9. Django's field also accepts 1_0, 5.0, and the digits of other scripts."""

    def to_python(self, value: Any) -> int | None:
        if value and not re.fullmatch(r"-?[0-9]+", str(value)):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)


def new_nonce() -> str:
    return f"correction-{uuid.uuid4()}"


class CorrectionForm(forms.Form):
    operation = forms.TypedChoiceField(
        label="What to do",
        choices=[(Correction.CORRECTION_ADD.code, "Add credits"), (Correction.CORRECTION_TAKE.code, "Take credits")],
        coerce=lambda code: Correction[code],
        widget=forms.RadioSelect,
    )
    amount = WholeNumberField(label="Credits", min_value=1, max_value=MAX_CREDITS)
    reason = forms.CharField(
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What went wrong, and who asked for the correction. Stored with your name.",
    )
    # The same each time the form is sent, so that a second click posts nothing.
    nonce = forms.CharField(widget=forms.HiddenInput, initial=new_nonce, max_length=MAX_TEXT)

    def clean_reason(self) -> str:
        reason: str = self.cleaned_data["reason"].replace("\r\n", "\n")  # as forms send the line breaks of a text area
        if mistake_in({"reason": reason}, Metadata):
            raise forms.ValidationError("Use no control characters except tabs and line breaks.")
        return reason

    def reject(self, error: LedgerError, account: Account) -> None:
        """Show why the ledger rejected the form. The form then gets a new nonce, so that it can be sent again."""
        detail = error.detail.replace(account.pk, str(account))
        self.add_error(None, _SENT_BEFORE if isinstance(error, NonceReused) else detail)
        if error.status < 500:  # after a 500 or 503 it may have been posted, and needs the same nonce
            self.renew_nonce()

    def renew_nonce(self) -> None:
        self.data = dict(self.data.items()) | {"nonce": new_nonce()}


def may_correct(request: HttpRequest) -> bool:
    """Return whether the user may post corrections."""
    return request.user.has_perm("ledger_core.post_correction")


def staff_name(request: HttpRequest) -> str:
    """Return the client name for the user's entries. It is cut off: user names can be longer than client names."""
    return f"{STAFF}{request.user.get_username()}"[:MAX_TEXT]


class CorrectionPage(ModelAdmin):
    """Adds the page to an account's admin on which staff post a correction."""

    def correction_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        account: Account | None = self.get_object(request, unquote(object_id))
        if not (self.has_view_permission(request, account) and may_correct(request)):
            raise PermissionDenied
        if account is None:
            return redirect("admin:ledger_core_account_change", object_id)  # which shows that there is no such account
        form = CorrectionForm(request.POST or None)
        if form.is_valid():
            try:
                posted = self._post(request, account, form.cleaned_data)
            except AccountLocked:  # api.problems shows a page that asks to send the same form again
                raise
            except LedgerError as error:
                form.reject(error, account)
            else:
                self._show(request, posted)
                return redirect("admin:ledger_core_account_change", quote(account.pk))
        elif form.has_error("nonce"):
            form.renew_nonce()
        context = {
            **self.admin_site.each_context(request),
            "title": f"Correct the balance of {account}",
            "opts": self.opts,
            "account": account,
            "balance": balance_of(account.pk).balance,
            "form": form,
            "adminform": AdminForm(form, [(None, {"fields": [*form.fields]})], {}),  # type: ignore[arg-type]  # any form will do
        }
        return TemplateResponse(request, "admin/ledger_core/account/correction.html", context)

    def _post(self, request: HttpRequest, account: Account, asked: dict[str, Any]) -> Posted:
        """Post the correction and note it in the admin's history, or neither."""
        with transaction.atomic():
            posted = post(
                CORRECTIONS,
                asked["operation"],
                owner_id=account.pk,
                nonce=asked["nonce"],
                amount=asked["amount"],
                metadata={"reason": asked["reason"]},
                client=staff_name(request),
            )
            if not posted.replayed:
                self.log_addition(request, posted.entry, "Posted a correction.")
        return posted

    def _show(self, request: HttpRequest, posted: Posted) -> None:
        entry = posted.entry
        if posted.replayed:
            self.message_user(
                request, f"This correction was posted before as entry {entry.pk}. It was not posted again.", INFO
            )
        else:
            self.message_user(request, f"Posted as entry {entry.pk}: {entry.delta:+,d} credits.", SUCCESS)
