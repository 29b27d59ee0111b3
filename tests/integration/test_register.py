"""Registering one's own data and model at the command line, as the README tells."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from inference_ui import cli
from inference_ui.backend import bootstrap
from inference_ui.backend.settings import Settings
from tests.support import databases
from tests.support.server import run

PACKAGE = {
    "name": "street",
    "version": "2.3.0",
    "service_type": "OPEN_INFERENCE_V2",
    "model_name": "yolo",
    "box_format": "xywh",
    "command": ["tritonserver", "--http-port", "{port}"],
    "environment": {"CONF": "0.4"},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


def registered(folder: Path) -> bootstrap.Product:
    return bootstrap.build(Settings(data_dir=folder))


def test_ones_own_folder_and_model_are_registered(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "nas" / "pages").mkdir(parents=True)
    file = tmp_path / "package.json"
    file.write_text(json.dumps(PACKAGE))
    at = ("--data-dir", folder)
    for words in (
        ("volume", "nas", tmp_path / "nas", *at),
        ("dataset", "night", "pages", "--volume", "nas", *at),
        ("package", file, *at),
        (
            "spec",
            "x8",
            "--cpu",
            "500m",
            "--memory",
            "4GiB",
            "--accelerator",
            "MLU",
            "--cards",
            "1",
            "--slice-share",
            "25",
            "--toleration",
            "spot",
            "--toleration",
            "a=b:NoSchedule",
            *at,
        ),
    ):
        done = run(*words)
        assert done.returncode == 0, done.stderr
        assert "Registered" in done.stdout
    product = registered(folder)
    actor = product.accounts.ensure_administrator()
    assert [(d.name, v.name) for d, v in product.catalog.datasets(actor)] == [("night", "nas")]
    spec = next(spec for spec in product.catalog.specs(actor) if spec.name == "x8").resources
    assert (spec.cpu_millis, spec.cards, spec.slice.share) == (500, 1, 25)
    assert [one.key for one in spec.tolerations] == ["spot", "a"]
    (package,) = product.packages.all(actor)
    assert package.snapshot.launch.environment == {"CONF": "0.4"}
    assert (package.model_name, package.box_format) == ("yolo", "xywh")
    product.close()


def test_a_package_file_may_say_all_that_the_form_asks(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "package.json"
    file.write_text(
        json.dumps(
            {
                "name": "street",
                "version": "3.0.0",
                "service_type": "CUSTOM",
                "description": "finds people at night",
                "command": ["serve", "{model}", "{port}"],
                "container": {
                    "image": "registry.example.com/street:3",
                    "shm_bytes": 1 << 30,
                    "writable": True,
                },
                "model": {"volume": "datasets", "path": "street"},
                "variables": [{"name": "KEY", "default": "hush", "secret": True}],
                "parameters": [{"name": "batch", "default": "8"}],
                "readiness_path": "/ready",
                "predict_path": "/predict",
                "image_template": '{"img":"{image}"}',
            }
        )
    )
    (folder / "volumes" / "datasets" / "street").mkdir(parents=True)
    done = run("package", file, "--data-dir", folder)
    assert done.returncode == 0, done.stderr
    assert "hush" not in done.stdout + done.stderr
    product = registered(folder)
    (package,) = product.packages.all(product.accounts.ensure_administrator())
    launch = package.launch
    assert launch.model_folder == str((folder / "volumes" / "datasets" / "street").resolve())
    assert [(one.name, one.default, one.secret) for one in launch.variables] == [
        ("KEY", "hush", True)
    ]
    assert launch.container is not None
    assert launch.container.shm_bytes == 1 << 30
    assert (launch.container.as_root, launch.container.writable) == (False, True)
    assert [one.name for one in launch.parameters] == ["batch"]
    product.close()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"version": "two"}, "version"),
        ({"name": "a/b"}, "name"),
        ({"command": []}, "command"),
        ({"service_type": "SOAP"}, "service_type"),
        ({"colour": "red"}, "colour"),
        ({"ready_timeout_s": 0}, "ready_timeout_s"),
        ({"ready_timeout_s": 1e300}, "ready_timeout_s"),
        ({"predict_path": "predict"}, "predict_path"),
        ({"model_name": ""}, "model_name"),
        ({"model": {"volume": "gone"}}, "model.volume"),
        ({"model": {"volume": "datasets", "path": "../.."}}, "model_path"),
        ({"variables": [{"name": "A", "secert": True}]}, "secert"),
        ({"variables": [{"name": "PORT"}]}, "PORT"),
        ({"container": {"image": "a", "port": 0}}, "container.port"),
        ({"parameters": [{"name": "batch"}]}, "parameters"),
    ],
)
def test_a_wrong_package_file_is_told_by_field(folder, tmp_path, capsys, change, words) -> None:
    file = tmp_path / "package.json"
    file.write_text(json.dumps(PACKAGE | change))
    databases.put_empty(folder)
    assert cli.main(["package", str(file), "--data-dir", str(folder)]) == 2
    assert words in capsys.readouterr().err


def test_a_package_file_that_is_not_there_or_not_json_is_one_line(folder, tmp_path) -> None:
    torn = tmp_path / "torn.json"
    torn.write_text("{")
    for file in (tmp_path / "missing.json", torn):
        done = run("package", file, "--data-dir", folder)
        assert done.returncode == 2
        assert str(file) in done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_folders_that_do_not_exist_are_refused(folder, tmp_path) -> None:
    assert "folder" in run("volume", "nas", tmp_path / "no", "--data-dir", folder).stderr
    outside = run("dataset", "x", "../../etc", "--data-dir", folder)
    assert outside.returncode == 2
    assert "path" in outside.stderr
