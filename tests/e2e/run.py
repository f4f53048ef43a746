#!/usr/bin/python3
"""The end-to-end tests, one after the other. usage: run.py BUILD-FOLDER [NAME...]"""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))


def main():
    os.environ["INFUSIOND_BUILD"] = os.path.abspath(sys.argv[1])
    loader = unittest.TestLoader()
    folder = os.path.dirname(os.path.abspath(__file__))
    # test_api.py is a program of its own: it needs to be told which server to read.
    names = sys.argv[2:] or sorted(name[:-3] for name in os.listdir(folder)
                                   if name.startswith("test_") and name.endswith(".py") and name != "test_api.py")
    suite = unittest.TestSuite(loader.loadTestsFromName(name) for name in names)
    result = unittest.TextTestRunner(verbosity=2, stream=sys.stdout).run(suite)
    bad = len(result.failures) + len(result.errors)
    print("%d passed, %d failed, %d skipped" % (result.testsRun - bad - len(result.skipped), bad, len(result.skipped)))
    return 1 if bad or result.testsRun == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
