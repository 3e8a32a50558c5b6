#!/usr/bin/env python3
"""A room's microphone without Node-RED: records with arecord and publishes a WAV file of 50 ms in each MQTT message.

On a Raspberry Pi: sudo apt install alsa-utils python3-paho-mqtt
    ./satellite.py rooms/ground/kitchen --broker hub.local --device plughw:CARD=Device,DEV=0
"""
import argparse
import io
import subprocess
import sys
import wave

import paho.mqtt.client as mqtt

RATE, MESSAGE_MS = 16_000, 50

options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
options.add_argument("room", help="rooms/<floor>/<room>")
options.add_argument("--broker", default="localhost")
options.add_argument("--port", type=int, default=1883)
options.add_argument("--device", default="default", help="a name that arecord -L lists")
args = options.parse_args()

# paho-mqtt 2 asks which form its callbacks have; there are none here.
version = [mqtt.CallbackAPIVersion.VERSION2] if hasattr(mqtt, "CallbackAPIVersion") else []
client = mqtt.Client(*version)
client.reconnect_delay_set(1, 5)
client.connect_async(args.broker, args.port, keepalive=4)
client.loop_start()

arecord = ["arecord", "-q", "-D", args.device, "-f", "S16_LE", "-r", str(RATE), "-c", "1", "-t", "raw"]
with subprocess.Popen(arecord, stdout=subprocess.PIPE) as recorder:
    try:
        while samples := recorder.stdout.read(RATE * MESSAGE_MS // 1000 * 2):
            message = io.BytesIO()
            with wave.open(message, "wb") as file:
                file.setnchannels(1)
                file.setsampwidth(2)
                file.setframerate(RATE)
                file.writeframes(samples)
            # QoS 0, and nothing while there is no connection: audio that is late is worse than audio that is lost.
            if client.is_connected():
                client.publish(f"{args.room}/audio", message.getvalue(), qos=0)
    except KeyboardInterrupt:
        sys.exit()
sys.exit("arecord has ended")
