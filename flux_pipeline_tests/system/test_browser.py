"""Dagster's pages in a real browser: what a person sees there, and what their clicks do.

Every screenshot is kept in the folder `pages` of pytest's temporary files, those of failures too.
"""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from selenium import webdriver
from selenium.common.exceptions import (
    ElementClickInterceptedException,
    ElementNotInteractableException,
    StaleElementReferenceException,
    TimeoutException,
)
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from flux_pipeline.store.models.registry import METADATA
from flux_pipeline_tests.conftest import TOOL_PATH
from flux_pipeline_tests.readme import graph_of_the_readme
from flux_pipeline_tests.system.conftest import Flux
from flux_pipeline_tests.system.test_ui import sales_until_yesterday, started

pytestmark = [pytest.mark.tool("chromium", "chromedriver"), pytest.mark.timeout(600)]

# Usually a second is enough, but a run takes ten, and on a busy machine minutes.
PATIENCE_SECONDS = 120
# What React replaces or covers while it draws is there again a moment later.
DRAWN_AGAIN = (StaleElementReferenceException, ElementClickInterceptedException, ElementNotInteractableException)
JOB = "/locations/flux_pipeline.definitions/jobs/decide_forecasts"
PERSON = "kim@corner.example"
T = TypeVar("T")


class Page:
    """A window of the browser, whose user waits for what they look for."""

    def __init__(self, driver: webdriver.Chrome, url: str, shots: Path) -> None:
        self.driver, self.url, self.shots = driver, url, shots

    def open(self, path: str) -> None:
        self.driver.get(self.url + path)

    def until(self, condition: Callable[[], T], otherwise: str) -> T:
        """Return what the condition returns once it is true."""
        wait = WebDriverWait(self.driver, PATIENCE_SECONDS, ignored_exceptions=DRAWN_AGAIN)
        try:
            return wait.until(lambda _: condition())
        except TimeoutException:
            self.shoot("failed")
            pytest.fail(f"{otherwise}; see {self.shots / 'failed.png'}")

    def shown(self, path: str) -> list[WebElement]:
        return [element for element in self.driver.find_elements(By.XPATH, path) if element.is_displayed()]

    def shown_at(self, path: str) -> WebElement:
        """Return the last element on an XPath: dialogs come after the page that they cover."""
        return self.until(lambda: (self.shown(path) or [None])[-1], f"{path} is not shown")

    def see(self, text: str) -> WebElement:
        return self.shown_at(f'//*[text()[normalize-space()="{text}"]]')

    def click_at(self, path: str) -> None:
        self.until(lambda: [each.click() for each in self.shown(path)[-1:]], f"{path} can't be clicked")

    def read(self, pattern: str) -> re.Match[str]:
        """Return the match of a pattern in the text of the page."""
        body = self.driver.find_element
        return self.until(lambda: re.search(pattern, body(By.TAG_NAME, "body").text), f"{pattern!r} is not shown")

    def click(self, text: str) -> None:
        self.click_at(f'//*[text()[normalize-space()="{text}"]][not(ancestor-or-self::button[@disabled])]')

    def shoot(self, name: str) -> None:
        self.driver.save_screenshot(str(self.shots / f"{name}.png"))

    def materialize(self, asset: str) -> None:
        """Start a run of an asset for the restaurant."""
        self.open(f"/assets/{asset}")
        self.click("Materialize…")
        self.click("Select a partition or create one")
        self.click("corner")
        self.type(Keys.ESCAPE)
        self.click("Launch 1 run")
        self.click("View")

    def type(self, *keys: str) -> None:
        ActionChains(self.driver).send_keys(*keys).perform()


@pytest.fixture(scope="module")
def page(flux: Flux, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """Open the UI of a restaurant that has sales and no forecast yet."""
    for command in (
        ("restaurants", "add", "corner", "--name", "Corner", "--timezone", "UTC", "--currency", "EUR"),
        ("users", "add", PERSON, "--name", "Kim", "--no-password"),
        ("users", "join", PERSON, "--restaurant", "corner", "--role", "manager"),
        # So all forecasts wait for a person.
        ("settings", "set", "forecast_confidence_threshold", "1", "--restaurant", "corner"),
    ):
        done = flux(*command)
        assert done.returncode == 0, done.stderr
    (folder / "corner.csv").write_text(sales_until_yesterday())
    assert flux("upload", "corner.csv", "--restaurant", "corner").returncode == 0
    options = webdriver.ChromeOptions()
    options.binary_location = str(shutil.which("chromium", path=TOOL_PATH))
    for option in ("--headless=new", "--window-size=1400,900", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(option)
    if os.geteuid() == 0:
        # Chromium refuses to run as root with it.
        options.add_argument("--no-sandbox")
    service = webdriver.ChromeService(shutil.which("chromedriver", path=TOOL_PATH))
    with started(folder) as ui, webdriver.Chrome(options, service) as driver:
        page = Page(driver, ui.url, tmp_path_factory.mktemp("pages", numbered=False))
        # So a click below makes the first forecast, whose picture is drawn, and not a quarter of an hour.
        page.open("/locations/flux_pipeline.definitions/schedules/nightly_forecasts")
        page.click_at("//label[.//input[@checked]]")
        page.until(lambda: not page.shown("//label[.//input[@checked]]"), "the schedule is not switched off")
        yield page


def test_the_graph_shows_every_asset_and_where_it_belongs(page: Page) -> None:
    page.open("/")
    page.click("Lineage")
    page.shown_at('//*[@aria-label="unfold_more"]')
    # The keys that expand all groups.
    ActionChains(page.driver).key_down(Keys.ALT).send_keys("e").key_up(Keys.ALT).perform()
    for asset in graph_of_the_readme():
        page.see(asset)
    page.shoot("graph")
    page.click("demand_forecasts")
    page.shoot("sidebar")
    page.click("View in Asset Catalog")
    page.read(r"\bOwners\s+flux\b")
    for column in METADATA.tables["demand_forecasts"].columns:
        page.shown_at(f'//table[.//*[text()="Column name"]]//*[text()="{column.name}"]')
    page.shoot("asset")


def test_a_restaurant_is_materialized_by_clicking(page: Page) -> None:
    page.materialize("demand_forecasts")
    page.shoot("run_started")
    page.see("Success")
    page.shoot("run")


def test_the_picture_of_a_forecast_shows(page: Page) -> None:
    page.open("/assets/demand_forecasts")
    page.click("[Show Markdown]")
    (picture,) = page.until(lambda: page.shown('//*[@role="dialog"]//img'), "no picture is shown")
    page.shoot("picture")
    assert picture.get_property("naturalWidth") > 500


def test_a_file_that_cannot_be_read_turns_its_check_red_until_it_is_dealt_with(
    page: Page, flux: Flux, folder: Path
) -> None:
    (folder / ".flux/landing/corner/sales/invoices.csv").write_bytes(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    page.open("/assets/data_uploads?view=checks")
    page.click("every_file_was_read")
    found = page.read(
        r"invoices\.csv could not be read as sales\. `flux uploads show (\w{8})` shows why\. Correct it and hand it in again, or `flux uploads dismiss \1`\."
    )
    page.see("Failed")
    page.shoot("check_red")
    dismissed = flux("uploads", "dismiss", found.group(1))
    assert dismissed.returncode == 0, dismissed.stderr
    page.materialize("data_uploads")
    page.see("Success")
    page.open("/assets/data_uploads?view=checks")
    page.click("every_file_was_read")
    page.see("Passed")
    page.shoot("check_green")


def test_forecasts_are_approved_by_the_job(page: Page, flux: Flux) -> None:
    page.open(f"{JOB}/playground")
    choose(page)
    page.click("Launch Run")
    page.read(r"by is 'name@example\.org'; expected the address of the person who decides\.")
    page.shoot("untouched")
    page.open(f"{JOB}/playground")
    choose(page)
    entry = f"ops:\n  decide:\n    config:\n      date: ''\n      decision: approve\n      by: {PERSON}\n"
    page.driver.execute_script("document.querySelector('.CodeMirror').CodeMirror.setValue(arguments[0])", entry)
    page.shoot("launchpad")
    page.click("Launch Run")
    page.see("Success")
    page.shoot("decided")
    assert "approved" in flux("forecast", "--restaurant", "corner").stdout


def choose(page: Page) -> None:
    """Choose the restaurant in the launchpad."""
    page.click_at('//input[@placeholder="Partition"]')
    page.click("corner")
    page.read("partition: corner")
