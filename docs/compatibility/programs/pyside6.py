# /// script
# dependencies = ["PySide6-Essentials"]
# ///
import os

os.environ["QT_QPA_PLATFORM"] = "offscreen"
from PySide6.QtWidgets import QApplication, QLabel

application = QApplication([])
label = QLabel("hi")
label.show()
assert label.grab().width() > 1
