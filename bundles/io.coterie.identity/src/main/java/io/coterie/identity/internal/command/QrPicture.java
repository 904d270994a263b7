package io.coterie.identity.internal.command;

import com.google.zxing.BarcodeFormat;
import com.google.zxing.EncodeHintType;
import com.google.zxing.WriterException;
import com.google.zxing.common.BitMatrix;
import com.google.zxing.qrcode.QRCodeWriter;
import com.google.zxing.qrcode.decoder.ErrorCorrectionLevel;
import java.util.Map;

/** A QR code for terminals: two rows of it in one line of half blocks. */
final class QrPicture {
  private static final int QUIET = 2;

  private QrPicture() {}

  static String of(String text) {
    BitMatrix code;
    try {
      code =
          new QRCodeWriter()
              .encode(
                  text,
                  BarcodeFormat.QR_CODE,
                  0,
                  0,
                  Map.of(
                      EncodeHintType.ERROR_CORRECTION,
                      ErrorCorrectionLevel.L,
                      EncodeHintType.MARGIN,
                      QUIET));
    } catch (WriterException e) {
      throw new IllegalStateException("a token of " + text.length() + " characters", e);
    }
    StringBuilder out = new StringBuilder();
    for (int y = 0; y < code.getHeight(); y += 2) {
      for (int x = 0; x < code.getWidth(); x++) {
        // Light on dark: what the code has dark stays dark, so that most terminals show it right.
        boolean upper = !code.get(x, y);
        boolean lower = y + 1 >= code.getHeight() || !code.get(x, y + 1);
        out.append(upper ? (lower ? '\u2588' : '\u2580') : (lower ? '\u2584' : ' '));
      }
      out.append('\n');
    }
    return out.toString();
  }
}
