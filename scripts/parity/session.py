"""Spark in dbt's own process, for packages so small that a cluster costs time."""

from __future__ import annotations

from pathlib import Path

SETTINGS = {
    "spark.master": "local[2]",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.memory": "2g",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    # As profiles.yml has them for a Thrift server.
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.unionOutputPartitioning": "false",
    "spark.sql.codegen.wholeStage.union.enabled": "false",
    # Queries are many and rows few: compiling one, or planning it again while it runs,
    # takes longer than running it.
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.shuffle.partitions": "1",
    # Compiled once and fast; all of that takes more than Java's 48 MB.
    "spark.driver.extraJavaOptions": (
        "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:ReservedCodeCacheSize=240m"
    ),
    # In memory, it is gone with the process.
    "spark.hadoop.javax.jdo.option.ConnectionURL": (
        "jdbc:derby:memory:metastore;create=true"
    ),
}


def session(folder: Path) -> dict[str, str]:
    """The variables with which dbt starts Spark itself; its files lie in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = SETTINGS | {
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.local.dir": str(folder / "tmp"),
    }
    log = f" -Dderby.stream.error.file={folder / 'derby.log'}"
    settings["spark.driver.extraJavaOptions"] += log
    lines = [f"{name} {value}\n" for name, value in settings.items()]
    (folder / "spark-defaults.conf").write_text("".join(lines))
    (folder / "log4j2.properties").write_text("rootLogger.level = error\n")
    return {"INSTACART_SPARK_METHOD": "session", "SPARK_CONF_DIR": str(folder)}
