"""Mathematics on pictures as arrays, and names for arrays: colour, luma, median, warp, ground truth, measures.

Imports base.

Offers aces (AP0_CHROMATICITIES, DELIVERY_SPACE, is_aces2065_1); arrays (Channel, Channels, Codes, Colours, Indices,
Mask, Matrix, Picture, Points, Values); blur (blurred, widely_blurred); colour; comparison (Panel, write_comparison);
composed_reference (composed_reference); contact_sheet (ERROR_GAIN, display_image, error_picture, write_contact_sheet,
write_picture); curve_kinds (DISPLAY, HDR, LINEAR, LOG); doubt_map (doubt_map, scale_end, scale_strip); ground_truth
(check_mode, ground_truth); lattice (node_colours, tetrahedral_weights, trilinear_weights); luma (BLUE_RANGE,
LUMA_WEIGHTS, RED_RANGE, chroma, luma, rgb_of, with_luma_of); measures (SMALLEST_SIDE, chroma_rms, ciede2000,
ciede2000_map, delta_itp_map, gain_gamma_fit, luma_psnr, luma_rms, psnr, ssim); median (median_filter); merge
(OPERATIONS, merge); mirrored_fill (mirrored_fill); resize (Number, area_averaged); scattered_fit (ColourCells,
fit_grade, fit_lut, fit_shot_grade); torch_threads (shared_cores); warp (warp).
"""
