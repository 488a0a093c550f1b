"""The environment is read once, checked, and handed on unchanged."""

from pathlib import Path

import pytest

from flux_pipeline.errors import PermanentError
from flux_pipeline.settings import load_settings, project_home


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("FLUX_UI_PORT", "eighty", "FLUX_UI_PORT"),
        ("FLUX_UI_PORT", "70000", "65535"),
        ("FLUX_POOL_SIZE", "0", "FLUX_POOL_SIZE"),
        ("FLUX_DATABASE_URL", "mysql://a:b@host/db", "postgresql://login:password@host:5432/database"),
        ("FLUX_DATABASE_URL", "not a url", "postgresql://login:password@host:5432/database"),
        ("FLUX_DATABASE_URL", "postgresql://login:password@host", "a login and a database"),
        ("FLUX_ALERT_WEBHOOK_URL", "ftp://host/path", "https://host/path"),
        ("FLUX_ALERT_WEBHOOK_SECRET", "hunter2", "openssl rand -base64 32"),
        ("FLUX_ALERT_EMAIL_TO", "kim@bistro.example\nBcc: eve@evil.example", "kim@bistro.example"),
        ("FLUX_ALERT_EMAIL_FROM", "Kim", "kim@bistro.example"),
        ("FLUX_SMTP_URL", "smtp://kim:hunter2/@host", "smtp://login:password@host:587"),
        ("FLUX_WEATHER_FORECAST_URL", "api.open-meteo.com", "https://host"),
        ("FLUX_WEATHER_ARCHIVE_URL", "file:///etc/passwd", "https://host"),
        ("FLUX_PREDICTHQ_URL", "https://", "https://host"),
        ("FLUX_FEED_TIMEOUT_SECONDS", "0", "FLUX_FEED_TIMEOUT_SECONDS"),
        ("FLUX_FEED_CALLS_PER_MINUTE", "0", "FLUX_FEED_CALLS_PER_MINUTE"),
    ],
)
def test_a_wrong_value_is_one_sentence_that_names_the_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(PermanentError) as caught:
        load_settings()
    assert name in str(caught.value)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "missing"),
    [
        ("FLUX_ALERT_WEBHOOK_URL", "https://host/path", "FLUX_ALERT_WEBHOOK_SECRET"),
        ("FLUX_ALERT_EMAIL_TO", "kim@bistro.example", "FLUX_SMTP_URL"),
    ],
)
def test_half_of_a_channel_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str, missing: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(PermanentError, match=missing):
        load_settings()


def test_the_password_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLUX_DATABASE_URL", "postgresql://admin:hunter2@host:5432/flux")
    monkeypatch.setenv("FLUX_SMTP_URL", "smtp://kim:hunter2@host")
    for name in ("WEATHER_API_KEY", "TICKETMASTER_API_KEY", "PREDICTHQ_TOKEN"):
        monkeypatch.setenv(f"FLUX_{name}", "hunter2")
    assert "hunter2" not in repr(load_settings())
    monkeypatch.setenv("FLUX_SMTP_URL", "smtp://kim:hunter2/@host")
    with pytest.raises(PermanentError) as caught:
        load_settings()
    assert "hunter2" not in str(caught.value)


def test_a_child_process_gets_the_same_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FLUX_HOME", str(tmp_path))
    monkeypatch.setenv("FLUX_DATABASE_URL", "postgresql://admin:hunter2@host:5432/flux")
    monkeypatch.setenv("FLUX_UI_PORT", "4000")
    monkeypatch.setenv("FLUX_ALERT_WEBHOOK_URL", "https://kim:hunter2@host/path")
    monkeypatch.setenv("FLUX_ALERT_WEBHOOK_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    monkeypatch.setenv("FLUX_ALERT_EMAIL_TO", "kim@bistro.example, maria@bistro.example")
    monkeypatch.setenv("FLUX_ALERT_EMAIL_FROM", "flux@bistro.example")
    monkeypatch.setenv("FLUX_SMTP_URL", "smtps://kim:hunter%2F2@host")
    monkeypatch.setenv("FLUX_WEATHER_FORECAST_URL", "http://127.0.0.1:8080/")
    monkeypatch.setenv("FLUX_WEATHER_API_KEY", "hunter2")
    monkeypatch.setenv("FLUX_FEED_CALLS_PER_MINUTE", "60")
    settings = load_settings()
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    assert load_settings() == settings


def test_home_is_that_of_the_project_around_the_current_folder(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert project_home(inner) == inner / ".flux"
    (tmp_path / "workspace.yaml").touch()
    assert project_home(inner) == tmp_path / ".flux"
