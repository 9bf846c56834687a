"""The entry point of the `yiqiao` command: answers --version at once, and loads the rest only when it is needed."""

import sys


def main() -> None:
    if sys.argv[1:] in (["--version"], ["-V"]):
        from yiqiao import __version__

        print(f"yiqiao {__version__}")
        return
    from yiqiao.cli.main import run

    run()


if __name__ == "__main__":
    main()
