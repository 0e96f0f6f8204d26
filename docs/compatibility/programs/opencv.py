# /// script
# dependencies = ["opencv-python-headless"]
# ///
import cv2
import numpy as np

assert cv2.resize(np.zeros((4, 4, 3), np.uint8), (2, 2)).shape == (2, 2, 3)
