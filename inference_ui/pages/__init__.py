"""Pages, one module each. A page is drawn from state and components; it does nothing itself."""

from inference_ui.pages import (
    cluster,
    create,
    dataset,
    datasets,
    not_found,
    package,
    package_form,
    packages,
    results,
    service,
    service_form,
    services,
    specs,
    task,
    tasks,
    volumes,
)

PAGES = (
    tasks.PAGE,
    create.PAGE,
    task.PAGE,
    results.PAGE,
    packages.PAGE,
    package_form.PAGE,
    package.PAGE,
    datasets.PAGE,
    dataset.PAGE,
    volumes.PAGE,
    specs.PAGE,
    services.PAGE,
    service_form.PAGE,
    service.PAGE,
    cluster.PAGE,
    not_found.PAGE,
)
"""Every page of the product, in the order in which they are compiled."""
