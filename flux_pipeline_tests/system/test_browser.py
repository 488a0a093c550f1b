"""Dagster's pages in a real browser: what a person sees there, and what their clicks do.

Screenshots are kept in the folder `pages` of pytest's temporary files, also one of what is not found.
"""

import os
import re
import shutil
import time
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

# A page takes a second and a run ten, but on a busy machine minutes.
PATIENCE_SECONDS = 120
# What the page replaces or covers while it is drawn can be clicked a moment later.
DRAWN_AGAIN = (StaleElementReferenceException, ElementClickInterceptedException, ElementNotInteractableException)
LOCATION = "/locations/flux_pipeline.definitions"
DECIDE = f"{LOCATION}/jobs/decide_forecasts/playground"
PERSON = "kim@kiosk.example"
FILL_IN = """
const editor = document.querySelector(".CodeMirror").CodeMirror;
editor.setValue(editor.getValue().replace("name@example.org", arguments[0]).replace("YYYY-MM-DD", ""));
"""
UNREADABLE = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
REFUSED = (
    r"invoices\.csv could not be read as sales\. flux uploads show (\w{8}) shows why\. "
    r"Correct it and hand it in again, or flux uploads dismiss \1\."
)
T = TypeVar("T")


class Page:
    """A window of the browser, and a person who waits for what they look for."""

    def __init__(self, driver: webdriver.Chrome, url: str, screenshots: Path) -> None:
        self.driver, self.url, self.screenshots = driver, url, screenshots

    def open(self, path: str) -> None:
        self.driver.get(self.url + path)

    def screenshot(self, name: str) -> Path:
        path = self.screenshots / f"{name}.png"
        self.driver.save_screenshot(str(path))
        return path

    def until(self, condition: Callable[[], T], otherwise: str) -> T:
        """Wait until the condition returns something true, and return that."""
        try:
            return WebDriverWait(self.driver, PATIENCE_SECONDS, ignored_exceptions=DRAWN_AGAIN).until(
                lambda _: condition()
            )
        except TimeoutException:
            pytest.fail(f"{otherwise}: {self.screenshot('failed')}")

    def shown(self, path: str) -> list[WebElement]:
        return [element for element in self.driver.find_elements(By.XPATH, path) if element.is_displayed()]

    def find(self, path: str) -> WebElement:
        """Return the last element on this XPath; a dialog comes after what it covers."""
        return self.until(lambda: self.shown(path)[-1:], f"{path} is not shown")[0]

    def see(self, text: str) -> WebElement:
        return self.find(_with_text(text))

    def read(self, pattern: str) -> re.Match[str]:
        """Return the match of a pattern in the page's text."""
        return self.until(
            lambda: re.search(pattern, self.driver.find_element(By.TAG_NAME, "body").text), f"{pattern} is not shown"
        )

    def click_at(self, path: str) -> None:
        """Click at the last element on this XPath; while a dialog opens, a click would land beside it."""
        self.until(
            lambda: [element.click() for element in self.shown(path)[-1:] if _rests(element)],
            f"{path} can't be clicked",
        )

    def click(self, text: str) -> None:
        self.click_at(f"{_with_text(text)}[not(ancestor-or-self::button[@disabled])]")

    def press(self, key: str, holding: str | None = None) -> None:
        keys = ActionChains(self.driver)
        (keys.key_down(holding).send_keys(key).key_up(holding) if holding else keys.send_keys(key)).perform()

    def launch(self) -> None:
        """Choose the restaurant in the dialog that launches runs, and wait until its run has ended well."""
        self.click("Select a partition or create one")
        self.click("kiosk")
        self.press(Keys.ESCAPE)
        self.click("Launch 1 run")
        self.click("View")
        self.see("Success")

    def open_launchpad(self) -> None:
        """Open the launchpad of `decide_forecasts`, and choose the restaurant."""
        self.open(DECIDE)
        self.click_at('//input[@placeholder="Partition"]')
        self.click("kiosk")
        self.read("partition: kiosk")


def _rests(element: WebElement) -> bool:
    """Return whether an element stays where it is for some frames of the screen."""
    before = element.rect
    time.sleep(0.1)
    return element.rect == before


def _with_text(text: str) -> str:
    return f'//*[text()[normalize-space()="{text}"]]'


@pytest.fixture(scope="module")
def page(flux: Flux, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """Open the UI over a restaurant that has sales, and no forecast yet."""
    (folder / "kiosk.csv").write_text(sales_until_yesterday())
    for command in (
        ("restaurants", "add", "kiosk", "--name", "Kiosk", "--timezone", "UTC", "--currency", "EUR"),
        ("users", "add", PERSON, "--name", "Kim", "--no-password"),
        ("users", "join", PERSON, "--restaurant", "kiosk", "--role", "manager"),
        # So that every forecast waits for a person.
        ("settings", "set", "forecast_confidence_threshold", "1", "--restaurant", "kiosk"),
        ("upload", "kiosk.csv", "--restaurant", "kiosk"),
    ):
        done = flux(*command)
        assert done.returncode == 0, done.stderr
    with started(folder) as ui, browser() as driver:
        page = Page(driver, ui.url, tmp_path_factory.mktemp("pages", numbered=False))
        # A picture is drawn with the first forecast, which a click shall make, not a quarter of an hour.
        page.open(f"{LOCATION}/schedules/nightly_forecasts")
        page.click_at("//label[.//input[@checked]]")
        page.see("Reset schedule status")
        yield page


def browser() -> webdriver.Chrome:
    """Start Debian's Chromium without a screen."""
    options = webdriver.ChromeOptions()
    options.binary_location = str(shutil.which("chromium", path=TOOL_PATH))
    for option in ("headless=new", "window-size=3000,3400", "disable-gpu", "disable-dev-shm-usage"):
        options.add_argument(f"--{option}")
    if os.geteuid() == 0:
        # Chromium's sandbox refuses to work for root.
        options.add_argument("--no-sandbox")
    return webdriver.Chrome(options, webdriver.ChromeService(shutil.which("chromedriver", path=TOOL_PATH)))


def test_the_graph_leads_to_assets_with_owners_and_columns(page: Page) -> None:
    page.open("/")
    page.click("Lineage")
    page.find('//*[@aria-label="unfold_more"]')
    # The keys that expand all groups.
    page.press("e", holding=Keys.ALT)
    for asset in graph_of_the_readme():
        page.see(asset)
    page.screenshot("graph")
    page.click("demand_forecasts")
    page.click("View in Asset Catalog")
    page.read(r"\bOwners\s+flux\b")
    for column in METADATA.tables["demand_forecasts"].columns:
        page.find(f'//table[.//*[text()="Column name"]]{_with_text(column.name)}')
    page.screenshot("asset")


def test_a_restaurant_is_materialized_by_clicking_and_its_picture_shows(page: Page) -> None:
    page.open(f"{LOCATION}/jobs/refresh_restaurant")
    page.click("Materialize all…")
    # Dagster asks, because neither weather nor events have ever been loaded.
    page.click("Confirm")
    page.launch()
    page.screenshot("run")
    page.open("/assets/demand_forecasts")
    page.click("[Show Markdown]")
    picture = page.find('//*[@role="dialog"]//img')
    page.until(lambda: picture.get_property("naturalWidth") > 500, "the picture is not drawn")
    page.screenshot("picture")


def test_an_unreadable_file_turns_its_check_red_until_it_is_dealt_with(page: Page, flux: Flux, folder: Path) -> None:
    page.open("/assets/data_uploads?view=checks")
    (folder / ".flux" / "landing" / "kiosk" / "sales" / "invoices.csv").write_bytes(UNREADABLE)
    page.click("every_file_was_read")
    refused = page.read(REFUSED)
    page.see("Failed")
    page.screenshot("red")
    dismissed = flux("uploads", "dismiss", refused.group(1))
    assert dismissed.returncode == 0, dismissed.stderr
    page.click("Materialize…")
    page.launch()
    page.open("/assets/data_uploads?view=checks")
    page.click("every_file_was_read")
    page.see("Passed")
    page.screenshot("green")


def test_the_job_asks_for_the_person_and_approves_forecasts(page: Page, flux: Flux) -> None:
    page.open_launchpad()
    page.screenshot("launchpad")
    page.click("Launch Run")
    page.read(r"by is 'name@example\.org'; expected the address of the person who decides\. Fill it in and launch")
    page.screenshot("untouched")
    assert "pending" in flux("forecast", "--restaurant", "kiosk").stdout
    page.open_launchpad()
    page.driver.execute_script(FILL_IN, PERSON)
    page.screenshot("filled-in")
    page.click("Launch Run")
    page.see("Success")
    page.screenshot("approved")
    assert "approved" in flux("forecast", "--restaurant", "kiosk").stdout
