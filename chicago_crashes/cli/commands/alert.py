"""`chicago-crashes alert`: prove that alerts reach people, before one has to."""

import typer

from chicago_crashes.cli.commands.console import console
from chicago_crashes.errors import PermanentError, TransientError
from chicago_crashes.settings import settings

TITLE = "[test] Chicago Crashes: this channel works"
BODY = "Somebody ran `chicago-crashes alert test`. Alerts will arrive like this. There is nothing to do.\nDagster: {}"

app = typer.Typer(help="Alerts: prove that they arrive.", no_args_is_help=True)


@app.callback()
def alert() -> None:
    """Alerts: prove that they arrive."""


@app.command()
def test() -> None:
    """Send a test message to every URL of CRASHES_ALERT_URLS; exits 0 only if all have arrived."""
    from chicago_crashes.alerts.channels import Tone, channels, send  # Apprise takes a while to import

    configured = settings()
    known = channels(configured.alert_urls)
    if not known:
        raise PermanentError(
            "There is nowhere to send alerts to; they are logged only. Set CRASHES_ALERT_URLS to one or more Apprise "
            "URLs, separated by commas or spaces, in the environment or in .env: for instance "
            "slack://TokenA/TokenB/TokenC, mailto://example.org?to=you or json://host:port/path."
        )
    failed = 0
    for channel in known:
        cause = send(channel, TITLE, BODY.format(configured.ui_url), Tone.INFO)
        failed += cause is not None
        outcome = "arrived" if cause is None else f"did not arrive: {cause}"
        console.print(f"{channel.name}: {outcome}", markup=False, highlight=False, soft_wrap=True)
    if failed:
        raise TransientError(
            f"{failed} of {len(known)} channels did not take the test message. Check their URLs in CRASHES_ALERT_URLS."
        )
