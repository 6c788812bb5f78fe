def refuse_changed_files(raw_dir: object, files: object) -> None:
    pass
