"""The page in a real browser: it shows an account, and says of a tampered receipt that it is not verified.

Skipped with its reason where there is no Chromium. The picture of the page is compared with nothing pixel by
pixel, since fonts differ between machines: what is on it is read from it, and that it is not empty is.
"""

import io
import os
import shutil
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service as ChromeService
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from tests.service.http.conftest import EVENT, Served

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--window-size=1100,1500", "--force-device-scale-factor=1",
)  # fmt: skip

pytestmark = pytest.mark.skipif(
    CHROMIUM is None or DRIVER is None, reason="no chromium and chromedriver: apt-get install chromium-driver"
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    """A headless browser with an empty profile."""
    options = ChromeOptions()
    options.binary_location = CHROMIUM or ""
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Chrome(options=options, service=ChromeService(executable_path=DRIVER))
    yield driver
    driver.quit()


def signed_in(browser: Chrome, served: Served) -> None:
    """Open the page and show the account of acme."""
    browser.get(str(served.client.base_url))
    browser.find_element(By.ID, "customer").send_keys("acme")
    browser.find_element(By.ID, "token").send_keys(served.acme)
    browser.find_element(By.CSS_SELECTOR, "#token-form button").click()
    WebDriverWait(browser, 10).until(lambda page: page.find_element(By.ID, "account").is_displayed())


def marks(browser: Chrome) -> list[str]:
    """Return what the page says of each receipt, once it has said something of all."""
    rows = browser.find_elements(By.CSS_SELECTOR, "#chain tbody tr")
    WebDriverWait(browser, 10).until(
        lambda page: len(page.find_elements(By.CSS_SELECTOR, "#chain .mark")) == len(rows)
    )
    return [mark.text for mark in browser.find_elements(By.CSS_SELECTOR, "#chain .mark")]


def colours(png: bytes) -> int:
    """Return how many different rows of pixels a picture has: an empty page has a few."""
    assert png.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", png[16:24])
    stream, data = io.BytesIO(png[8:]), b""
    while header := stream.read(8):
        length, kind = struct.unpack(">I4s", header)
        piece = stream.read(length)
        stream.read(4)
        if kind == b"IDAT":
            data += piece
    raw = zlib.decompress(data)
    row = len(raw) // height
    assert row > width
    return len({raw[start : start + row] for start in range(0, len(raw), row)})


@pytest.fixture(scope="module")
def used(served: Served) -> Served:
    """An account with a few receipts of different kinds."""
    for number, amount in enumerate(("12.5", "640", "99.75", "400", "0.000000000001")):
        event = {**EVENT, "amount": amount, "entitlement": ("storage", "requests")[number % 2]}
        assert served.post(event, f"page-{number}").status_code in {201, 403}
    refund = {"refers_to": 2, "amount": "2.5", "currency": "USD"}
    assert served.refund(refund, "page-refund").status_code == 201
    return served


def test_page_shows_balance_quota_and_receipts_and_verifies_each(browser: Chrome, used: Served) -> None:
    signed_in(browser, used)
    usage = used.get("/v1/customers/acme/usage").json()
    assert browser.find_element(By.ID, "balance").text == usage["balance"]
    assert len(browser.find_elements(By.CSS_SELECTOR, "#usage tbody tr")) == len(usage["rows"])
    browser.find_element(By.ID, "verify-all").click()
    said = marks(browser)
    assert said == ["verified"] * usage["head"]
    wanted = f"all {usage['head']} verified"
    WebDriverWait(browser, 10).until(lambda page: page.find_element(By.ID, "summary").text == wanted)


def test_picture_of_the_page_is_no_empty_one(browser: Chrome, used: Served, tmp_path: Path) -> None:
    signed_in(browser, used)
    browser.find_element(By.ID, "verify-all").click()
    marks(browser)
    png = browser.get_screenshot_as_png()
    target = Path(os.environ.get("BILLPROOF_SCREENSHOT", tmp_path / "page.png"))
    target.write_bytes(png)
    assert colours(png) > 100
    browser.get("about:blank")
    assert colours(browser.get_screenshot_as_png()) < 10


TAMPER = {
    "signature": "entry.receipt = entry.receipt.slice(0, -8) + 'AAAAAAAA'",
    "amount shown": "entry.amount = '1'",
    "payload": "const p = entry.receipt.split('.');"
    "p[1] = btoa(atob(p[1].replace(/-/g,'+').replace(/_/g,'/')).replace('640','641'))"
    ".replace(/[+]/g,'-').replace(/[/]/g,'_').replace(/=+$/,''); entry.receipt = p.join('.')",
    "another receipt": "entry.receipt = state.entries[1].entry.receipt",
    "header": "const p = entry.receipt.split('.'); p[0] = btoa('{\"alg\":\"none\"}').replace(/=+$/,'');"
    "entry.receipt = p.join('.')",
}


@pytest.mark.parametrize("change", list(TAMPER))
def test_tampered_receipt_is_shown_as_not_verified(browser: Chrome, used: Served, change: str) -> None:
    signed_in(browser, used)
    browser.execute_script(f"const entry = state.entries[2].entry; {TAMPER[change]}")
    browser.find_element(By.ID, "verify-all").click()
    said = marks(browser)
    assert said[2].startswith("not verified")
    assert said[0] == said[1] == "verified"


def test_evidence_of_a_dispute_is_shown(browser: Chrome, used: Served) -> None:
    signed_in(browser, used)
    entries = used.get("/v1/customers/acme/ledger").json()["entries"]
    browser.find_element(By.ID, "dispute-receipt").send_keys(entries[1]["receipt_id"])
    browser.find_element(By.CSS_SELECTOR, "#dispute-form button").click()
    WebDriverWait(browser, 10).until(lambda page: page.find_element(By.ID, "evidence").is_displayed())
    assert browser.find_element(By.ID, "verdict").text.startswith("UPHELD")
    assert "inclusion" in browser.find_element(By.ID, "facts").text
    if "BILLPROOF_SCREENSHOT" in os.environ:
        picture = browser.find_element(By.ID, "dispute").screenshot_as_png
        Path(os.environ["BILLPROOF_SCREENSHOT"]).with_suffix(".dispute.png").write_bytes(picture)


def test_somebody_elses_account_is_not_shown(browser: Chrome, used: Served) -> None:
    browser.get(str(used.client.base_url))
    browser.find_element(By.ID, "customer").send_keys("rival")
    browser.find_element(By.ID, "token").send_keys(used.acme)
    browser.find_element(By.CSS_SELECTOR, "#token-form button").click()
    WebDriverWait(browser, 10).until(lambda page: page.find_element(By.ID, "problem").is_displayed())
    assert "NOT_FOUND" in browser.find_element(By.ID, "problem").text
    assert not browser.find_element(By.ID, "account").is_displayed()


def test_page_loads_nothing_from_elsewhere(used: Served) -> None:
    page = used.client.get("/")
    policy = page.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in policy
    for name in ("/", "/page/page.js", "/page/page.css"):
        assert "http://" not in used.client.get(name).text
        assert "https://" not in used.client.get(name).text
    assert "<script>" not in page.text
    assert " style=" not in page.text
