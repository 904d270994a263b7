package io.coterie.blackbox;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * A guest of 117 bytes that finds out whether its memory is whole. It counts in the first word of
 * some 30,720 pages and checks each count before it adds one. 64 pages among them are counted again
 * and again while the others are gone through once. It writes a dot after each round and an E when
 * a page held an older count than it should; then it stops. No page of the first kind shares a slot
 * of TCG's address cache with one of the second, and paging is off, so that the cache is flushed by
 * nothing that the guest does: what QEMU forgets, it forgets for good.
 */
final class MemoryCheckingGuest {
  /** How much memory it needs. */
  static final String MEMORY = "320M";

  static final char ROUND = '.';
  static final char TORN = 'E';

  private static final int DISK_BYTES = 1 << 20;
  private static final int SECTOR_BYTES = 512;
  private static final int LOADED_AT = 0x7c00;
  private static final int TABLE_AT = 0x1c0;
  private static final int TABLE_POINTER_AT = 0x1e0;
  private static final int PAGE_BYTES = 4096;
  private static final int FIRST_PAGE = 16 << 20;
  private static final int MEBIBYTES = 240;
  private static final int HALF_MEBIBYTE = 512 << 10;
  private static final int PAGES_IN_HALF = 128;
  private static final int OFTEN = 64;

  private final ByteBuffer code = ByteBuffer.allocate(SECTOR_BYTES).order(ByteOrder.LITTLE_ENDIAN);

  private MemoryCheckingGuest() {}

  /** The disk to boot it from. */
  static byte[] disk() {
    return Arrays.copyOf(new MemoryCheckingGuest().assemble(), DISK_BYTES);
  }

  private byte[] assemble() {
    bytes(0xfa, 0x31, 0xc0, 0x8e, 0xd8); // cli; xor ax,ax; mov ds,ax
    bytes(0x0f, 0x01, 0x16).putShort((short) (LOADED_AT + TABLE_POINTER_AT)); // lgdt
    bytes(0x0f, 0x20, 0xc0, 0x0c, 0x01, 0x0f, 0x22, 0xc0); // cr0 |= 1: protected mode
    bytes(0xea).putShort((short) (LOADED_AT + code.position() + 4)).putShort((short) 8); // jmp
    bytes(0x66, 0xb8, 0x10, 0x00, 0x8e, 0xd8, 0x8e, 0xc0); // ds = es = 16
    bytes(0x31, 0xdb); // xor ebx,ebx: rounds
    bytes(0x31, 0xff); // xor edi,edi: visits of the pages counted often
    int round = code.position();
    bytes(0xbe).putInt(FIRST_PAGE); // mov esi
    bytes(0xbd).putInt(MEBIBYTES); // mov ebp
    int mebibyte = code.position();
    bytes(0xb9).putInt(PAGES_IN_HALF); // mov ecx
    int page = code.position();
    bytes(0x39, 0x1e); // cmp [esi],ebx
    int tornPage = jumpForward(0x75); // jne torn
    bytes(0xff, 0x06); // inc dword [esi]
    bytes(0x81, 0xc6).putInt(PAGE_BYTES); // add esi
    jumpBack(0xe2, page); // loop
    bytes(0x81, 0xc6).putInt(HALF_MEBIBYTE); // add esi
    bytes(0xb8).putInt(FIRST_PAGE + HALF_MEBIBYTE); // mov eax
    bytes(0xb9).putInt(OFTEN); // mov ecx
    int often = code.position();
    bytes(0x39, 0x38); // cmp [eax],edi
    int tornOften = jumpForward(0x75); // jne torn
    bytes(0xff, 0x00); // inc dword [eax]
    bytes(0x05).putInt(PAGE_BYTES); // add eax
    jumpBack(0xe2, often); // loop
    bytes(0x47, 0x4d); // inc edi; dec ebp
    jumpBack(0x75, mebibyte); // jnz
    bytes(0x43); // inc ebx
    write(ROUND);
    jumpBack(0xeb, round); // jmp
    land(tornPage);
    land(tornOften);
    write(TORN);
    bytes(0xf4, 0xeb, 0xfd); // hlt, for ever
    code.position(TABLE_AT);
    code.putLong(0).putLong(0x00cf9a000000ffffL).putLong(0x00cf92000000ffffL); // flat segments
    code.position(TABLE_POINTER_AT);
    code.putShort((short) 23).putInt(LOADED_AT + TABLE_AT);
    code.position(SECTOR_BYTES - 2);
    bytes(0x55, 0xaa);
    return code.array();
  }

  private ByteBuffer bytes(int... values) {
    for (int value : values) {
      code.put((byte) value);
    }
    return code;
  }

  /** To the first serial port. */
  private void write(char c) {
    bytes(0x66, 0xba, 0xf8, 0x03, 0xb0, c, 0xee); // mov dx,0x3f8; mov al,c; out dx,al
  }

  private void jumpBack(int opcode, int to) {
    bytes(opcode, to - (code.position() + 2));
  }

  private int jumpForward(int opcode) {
    bytes(opcode, 0);
    return code.position();
  }

  private void land(int from) {
    code.put(from - 1, (byte) (code.position() - from));
  }
}
