#pragma once
// The kernel's Bluetooth sockets, from libbluetooth-dev. Only structures and constants: nothing of libbluetooth is linked.
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <bluetooth/bluetooth.h>
#include <bluetooth/hci.h>
#include <bluetooth/l2cap.h>

// What takes part in expressions that Swift does not import.
static const unsigned long sidegate_bytes_unsent = TIOCOUTQ;
