"""Check a request against the capability table before it is submitted and billed. Sends nothing.

python examples/check_before_paying.py
"""

from orcarouter import check

REQUEST = {"model": "kling/kling-v2-6", "prompt": "A paper boat in the rain"}
METADATA = {"mode": "4k", "duration": "7", "aspect_ratio": "16:9"}


def main() -> None:
    result = check({**REQUEST, "metadata": METADATA})
    for violation in result:
        print(f"{violation.level}: {violation}")
    # Some violations name the nearest allowed value.
    corrected = dict(METADATA)
    for violation in result:
        if violation.level == "error" and violation.suggestion is not None:
            corrected[violation.path.removeprefix("metadata.")] = violation.suggestion
    print(f"corrected: {corrected}")
    print("valid" if check({**REQUEST, "metadata": corrected}).ok else "still not valid")


if __name__ == "__main__":
    main()
