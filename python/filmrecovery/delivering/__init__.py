"""A recovered shot as one sealed folder: masters, a movie or frames to look at, sidecars, the hash list.

Imports provenance and the rooms below it.

Offers deliver (deliver); deliver_settings (DeliverSettings, PACKAGES, REVIEWS); delivery_folder (Delivered,
DeliveryFolder, models_name, read_delivery).
"""
