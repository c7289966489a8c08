//! The guest kit for Rust: start-up, input, output, exit, debug text, panics and a heap, for `#![no_std]` programs.
//!
//! Put this file beside main.rs, which says `#![no_std] #![no_main] mod tracework;` and has `fn main()`.
//! Link with guest.ld. The guide is docs/guests.md.
#![allow(dead_code)]

use core::alloc::{GlobalAlloc, Layout};
use core::arch::{asm, global_asm};
use core::fmt::{self, Write};
use core::panic::PanicInfo;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

// The machine enters with a0 = the input's address and a1 = its length; all other registers are zero.
global_asm!(
    ".section .text.start, \"ax\", @progbits",
    ".globl _start",
    "_start:",
    "la sp, __stack_top",
    "la tp, __tls_start",
    "call __tw_start",
);

extern "C" {
    static __heap_start: u8;
    static __heap_end: u8;
}

const OUTPUT: *mut u8 = 0xC000_0000 as *mut u8;
const OUTPUT_LIMIT: usize = 1 << 30;

// Loads and stores alone: the machine has one thread and no atomic instructions.
static INPUT: AtomicUsize = AtomicUsize::new(0);
static INPUT_LENGTH: AtomicUsize = AtomicUsize::new(0);
static OUTPUT_LENGTH: AtomicUsize = AtomicUsize::new(0);
static HEAP_NEXT: AtomicUsize = AtomicUsize::new(0);

#[no_mangle]
extern "C" fn __tw_start(address: usize, length: usize) -> ! {
    INPUT.store(address, Relaxed);
    INPUT_LENGTH.store(length, Relaxed);
    crate::main();
    exit(0)
}

/// The whole input. It lies in read-only memory; nothing is copied.
pub fn read_input() -> &'static [u8] {
    // SAFETY: the machine maps the input for as long as the program runs, and nothing can write to it.
    unsafe { core::slice::from_raw_parts(INPUT.load(Relaxed) as *const u8, INPUT_LENGTH.load(Relaxed)) }
}

/// Appends to the output; panics past 2^30 bytes.
pub fn write_output(data: &[u8]) {
    let length = OUTPUT_LENGTH.load(Relaxed);
    assert!(data.len() <= OUTPUT_LIMIT - length, "the output may not exceed 2^30 bytes");
    // SAFETY: the region is writable, the length was checked, and no reference into it is ever given out.
    unsafe { core::ptr::copy(data.as_ptr(), OUTPUT.add(length), data.len()) };
    OUTPUT_LENGTH.store(length + data.len(), Relaxed);
}

/// Ends the run with this exit code, 0 meaning success, and the output as it was written.
pub fn exit(code: i32) -> ! {
    let length = OUTPUT_LENGTH.load(Relaxed);
    // SAFETY: this call doesn't come back.
    unsafe { asm!("ecall", in("a7") 93, in("a0") code as isize, in("a1") length, options(noreturn)) }
}

/// Shows text to whoever watches the run; it is no part of the result. Made for `writeln!(Debug, ...)`.
pub struct Debug;

impl Write for Debug {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // SAFETY: the machine reads nothing and changes a0 alone.
        unsafe { asm!("ecall", in("a7") 64, inlateout("a0") 2usize => _, in("a1") text.as_ptr(), in("a2") text.len()) };
        Ok(())
    }
}

/// A panic prints its message and ends the run with the fault "breakpoint".
#[panic_handler]
fn panic(info: &PanicInfo) -> ! {
    let _ = writeln!(Debug, "{info}");
    // SAFETY: this doesn't come back.
    unsafe { asm!("ebreak", options(noreturn)) }
}

/// A heap that only grows.
struct Heap;

// SAFETY: blocks are aligned, lie between __heap_start and __heap_end, and never overlap.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let next = HEAP_NEXT.load(Relaxed).max(&raw const __heap_start as usize);
        let start = (next + layout.align() - 1) & !(layout.align() - 1);
        match start.checked_add(layout.size()) {
            Some(end) if end <= &raw const __heap_end as usize => {
                HEAP_NEXT.store(end, Relaxed);
                start as *mut u8
            }
            _ => core::ptr::null_mut(),
        }
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[global_allocator]
static HEAP: Heap = Heap;
