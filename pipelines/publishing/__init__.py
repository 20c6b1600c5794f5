"""Publishing: judged marts become immutable, audience-safe bundles per edge, for the operator and of the state."""

from pipelines.publishing.bundles import PublishReport, publish
from pipelines.publishing.render import Rendered, render
from pipelines.publishing.status import publish_failure, publish_status
from pipelines.publishing.versions import Placed

__all__ = ["Placed", "PublishReport", "Rendered", "publish", "publish_failure", "publish_status", "render"]
